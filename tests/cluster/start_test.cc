// Servers that start at the same moment on an empty database.
#include <array>
#include <barrier>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_connection.h"
#include "tests/cluster/node_fixture.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using ThreeNodes = std::array<std::unique_ptr<ServerProcess>, 3>;

void ExpectThatAllServe(ThreeNodes& nodes, const Secret& url) {
  ApiClient first = nodes[0]->Https();
  ApiClient second = nodes[1]->Https();
  ApiClient third = nodes[2]->Https();
  EXPECT_EQ(first.Call("multi_room", "create_room", CreateBody("alice", "r1")).code(), kOk);
  EXPECT_EQ(second.Call("multi_room", "add_pusher", PusherBody("r1", "bob")).code(), kOk);
  EXPECT_THAT(PushersOf(third, "multi_room", "r1"), ElementsAre("alice", "bob"));
  EXPECT_EQ(QueryPostgres(url, "SELECT 1 FROM meta").size(), 1U) << "it was made once";
  for (const auto& node : nodes) {
    EXPECT_TRUE(Eventually([&] { return MetricOf(*node, "rtcroomd_nodes") == 3; }));
    EXPECT_THAT(node->Log(), Not(HasSubstr(R"("level":"error")")));
  }
}

TEST(StartAtOnce, MakesTheTablesOnceAndAllServe) {
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    const Secret url = SharedPostgres().UrlOfNewSchema();
    ThreeNodes nodes;
    std::barrier step(std::ptrdiff_t{std::tuple_size_v<ThreeNodes> + 1});
    std::vector<std::jthread> threads;  // a server ends with the thread that has started it
    for (auto& node : nodes) {
      threads.emplace_back([&] {
        step.arrive_and_wait();
        EXPECT_NO_THROW(
            node = std::make_unique<ServerProcess>(ServerOptions{.settings = NodeSettings(url)}));
        step.arrive_and_wait();
        step.arrive_and_wait();
        node.reset();
      });
    }
    step.arrive_and_wait();  // they start
    step.arrive_and_wait();  // they serve
    if (!testing::Test::HasFailure()) ExpectThatAllServe(nodes, url);
    step.arrive_and_wait();  // they end
  }
}

/// As a node that is killed: what it has sent waits for a standby, and holds the turn.
void LeaveWaitingForAStandby(const PostgresServer& primary) {
  const SystemClock clock;
  const std::array statements = {PgStatement{"killed_begin", "BEGIN"},
                                 PgStatement{"killed_turn", "SELECT 1 FROM turn FOR UPDATE"},
                                 PgStatement{"killed_commit", "COMMIT"}};
  const std::vector<PgCall> calls(statements.begin(), statements.end());
  const Result<PgAddress> address = PgAddress::Parse(primary.Url());
  ASSERT_OK(address);
  PgConnection killed(*address,
                      {.planning = PgSettings::Planning::kServerDefaults, .statements = statements},
                      clock);
  ASSERT_OK(ConnectToPostgres(killed, clock.Monotonic() + std::chrono::seconds(60)));
  EXPECT_FALSE(killed.Run(calls, clock.Monotonic() + std::chrono::seconds(1)));
}

// It takes connections, and confirms nothing.
TEST(Start, GoesOnToTheNewPrimaryWhileTheOldOneLivesOnAsTheFirstHost) {
  PostgresServer primary;
  const auto standby = primary.MakeStandby(PostgresServer::Standby::kSynchronous);
  const Secret both(fmt::format("postgresql://postgres:{}@127.0.0.1:{},127.0.0.1:{}/postgres",
                                kPostgresPassword, primary.port(), standby->port()));
  ServerProcess node({.settings = NodeSettings(both)});
  EXPECT_EQ(node.Terminate(), 0);
  standby->Promote();
  LeaveWaitingForAStandby(primary);
  node.Start();
  ApiClient client = node.Https();
  EXPECT_EQ(client.Call("multi_room", "create_room", CreateBody("alice", "r1")).code(), kOk);
  EXPECT_EQ(standby->Query("SELECT 1 FROM rooms").size(), 1U);
}

}  // namespace
}  // namespace rtcroom
