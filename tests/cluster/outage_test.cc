// While the database is away.
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_connection.h"
#include "tests/cluster/node_fixture.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/manager_stand_in.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Locks the store's description until it ends.
class LockedStore {
 public:
  explicit LockedStore(const PostgresServer& database)
      : database_(database), connection_(*PgAddress::Parse(database.Url()), {}, clock_) {
    constexpr PgStatement kLock{.sql = "LOCK TABLE meta IN ACCESS EXCLUSIVE MODE"};
    constexpr PgStatement kKeep{.sql = "SET idle_in_transaction_session_timeout = 0"};
    const MonotonicTime deadline = clock_.Monotonic() + kWaitTimeout;
    EXPECT_OK(ConnectToPostgres(connection_, deadline));
    EXPECT_OK(
        connection_.Run(std::array{PgCall(kKeep), PgCall(kPgBegin), PgCall(kLock)}, deadline));
  }

  [[nodiscard]] bool IsWaitedFor() const {
    return database_.Query("SELECT 1 FROM pg_locks WHERE NOT granted").size() > 0;
  }

 private:
  const PostgresServer& database_;
  const SystemClock clock_;
  PgConnection connection_;
};

class Outage : public testing::Test {
 protected:
  static int Code(ServerProcess& server, const char* endpoint, const nlohmann::json& body) {
    return server.Https().Call("multi_room", endpoint, body).code();
  }

  PostgresServer database_;
};

TEST_F(Outage, AServerWaitsForItsDatabaseAndSaysSo) {
  ServerProcess server({.settings = NodeSettings(database_.Url())});
  ASSERT_EQ(Code(server, "create_room", CreateBody("alice", "r1")), kOk);
  ASSERT_EQ(server.Terminate(), 0);
  database_.Stop();
  server.Start(ServerProcess::Until::kWaiting);
  EXPECT_EQ(server.Admin().Get("/healthz").status, 200);
  const ApiReply ready = server.Admin().Get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.text, HasSubstr("waiting for the database"));
  EXPECT_EQ(server.Admin().Get("/servez").status, 503);
  EXPECT_THAT(server.Admin().Get("/metrics").text, HasSubstr("rtcroomd_ready 0"));
  database_.Start();
  ASSERT_TRUE(server.AwaitReady());
  EXPECT_EQ(Code(server, "add_pusher", PusherBody("r1", "bob")), kOk);
}

TEST_F(Outage, TheServiceManagerSeesThatAServerHasStartedAndWaits) {
  ManagerStandIn manager(fmt::format("@rtcroomd-cluster/{}/waits", getpid()));
  ServerProcess server(
      {.settings = NodeSettings(database_.Url()),
       .environment = {{"NOTIFY_SOCKET", manager.address()}, {"WATCHDOG_USEC", "4000000"}}});
  ASSERT_EQ(server.Terminate(), 0);
  // The notices that the first run has sent.
  while (manager.Next(std::chrono::milliseconds(0))) {
  }
  database_.Stop();
  server.Start(ServerProcess::Until::kWaiting);
  const std::optional<Notice> waits = manager.Await("READY", "1");
  ASSERT_TRUE(waits);
  EXPECT_THAT(waits->Value("STATUS").value_or(""), StartsWith("waiting for the database: "));
  for (int sign = 0; sign < 3; ++sign) ASSERT_TRUE(manager.Await("WATCHDOG", "1"));
  database_.Start();
  EXPECT_TRUE(manager.Await("STATUS", "serving"));
}

TEST_F(Outage, AServerThatWaitsForItsDatabaseCanBeStopped) {
  ServerProcess server({.settings = NodeSettings(database_.Url())});
  ASSERT_EQ(server.Terminate(), 0);
  database_.Stop();
  server.Start(ServerProcess::Until::kWaiting);
  EXPECT_EQ(server.Terminate(), 0);
  database_.Start();
  server.Start();
}

TEST_F(Outage, AServerStartsWhereTheFirstHostOfItsDatabaseIsSilent) {
  const LoopbackSocket silent = LoopbackSocket::Listen();
  std::string url = database_.Url().Reveal();
  const std::string host = fmt::format("@127.0.0.1:{}", database_.port());
  url.replace(url.find(host), host.size(),
              fmt::format("@127.0.0.1:{},{}", silent.Port(), host.substr(1)));
  ServerProcess server({.settings = NodeSettings(Secret(url))});
  EXPECT_EQ(Code(server, "create_room", CreateBody("alice", "r1")), kOk);
}

TEST_F(Outage, AServerWaitsForADatabaseThatIsSilent) {
  ServerProcess server({.settings = NodeSettings(database_.Url())});
  ASSERT_EQ(server.Terminate(), 0);
  database_.Freeze();
  server.Start(ServerProcess::Until::kWaiting);
  EXPECT_EQ(server.Admin().Get("/readyz").status, 503);
  EXPECT_EQ(server.Terminate(), 0);
  server.Start(ServerProcess::Until::kWaiting);
  database_.Thaw();
  ASSERT_TRUE(server.AwaitReady());
}

// Another node, or an operator, has locked a table: the start waits longer than this test.
TEST_F(Outage, AServerThatIsReadingItsDatabaseCanBeStopped) {
  ServerProcess server({.settings = NodeSettings(database_.Url())});
  ASSERT_EQ(server.Terminate(), 0);
  const LockedStore locked(database_);
  ChildProcess starting({.program = ServerBinary(),
                         .arguments = {"serve", "--config", server.config_file().string()},
                         .stdout_file = server.data_directory() / "out",
                         .stderr_file = server.data_directory() / "out"});
  ASSERT_TRUE(Eventually([&] { return locked.IsWaitedFor(); }));
  starting.Signal(SIGTERM);
  EXPECT_EQ(starting.WaitForExit(), 0);
}

// At statements of the migration, of the index of rooms, of the node's place, of the rooms.
TEST_F(Outage, AServerThatLosesItsDatabaseWhileItStartsBeginsAgain) {
  CuttingProxy proxy(database_.port());
  std::string url = database_.Url().Reveal();
  const std::string port = fmt::format(":{}/", database_.port());
  url.replace(url.find(port), port.size(), fmt::format(":{}/", proxy.port()));
  ServerProcess server({.settings = NodeSettings(Secret(url))});
  ASSERT_EQ(Code(server, "create_room", CreateBody("alice", "r1")), kOk);
  int cuts = 0;
  for (const std::string_view statement :
       {"to_regclass"sv, "\0load_index\0"sv, "\0cluster_next_round\0"sv, "\0scan_narrow\0"sv}) {
    ASSERT_EQ(server.Terminate(), 0);
    proxy.CutAt(CuttingProxy::Toward::kServer, statement);
    server.Start(ServerProcess::Until::kWaiting);
    ASSERT_TRUE(server.AwaitReady()) << statement;
    EXPECT_EQ(proxy.cuts(), ++cuts) << statement;
    ApiClient client = server.Https();
    EXPECT_EQ(PushersOf(client, "multi_room", "r1"), std::vector<std::string>{"alice"});
  }
  EXPECT_THAT(server.Log(), HasSubstr("start_interrupted"));
}

TEST_F(Outage, EvictsNobodyAndRefusesWithoutAnAnswerToGuess) {
  ServerProcess server(
      {.settings = NodeSettings(
           database_.Url(), {{"room.heartbeat_timeout", "30s"}, {"room.sweep_period", "500ms"}})});
  ASSERT_EQ(Code(server, "create_room", CreateBody("alice", "r1")), kOk);
  database_.Crash();
  ApiClient client = server.Https();
  EXPECT_TRUE(Eventually([&] {
    return client.Call("multi_room", "pusher_heartbeat", MemberBody("r1", "alice")).status == 503;
  }));
  EXPECT_TRUE(Eventually([&] { return MetricOf(server, "rtcroomd_node_cut_off_seconds") > 0; }));
  const ApiReply refused = client.Call("multi_room", "add_pusher", PusherBody("r1", "bob"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(refused.code(), kInternalFailure);
  EXPECT_EQ(server.Admin().Get("/readyz").status, 503);
  EXPECT_EQ(server.Admin().Get("/servez").status, 200) << "for a minute";
  EXPECT_EQ(server.Admin().Get("/healthz").status, 200);
  database_.Start();
  EXPECT_TRUE(
      Eventually([&] { return Code(server, "add_pusher", PusherBody("r1", "bob")) == kOk; }));
  ApiClient after = server.Https();
  const std::vector<std::string> both = {"alice", "bob"};
  EXPECT_TRUE(Eventually([&] { return PushersOf(after, "multi_room", "r1") == both; }));
  EXPECT_THAT(server.Log(), HasSubstr("node_cut_off"));
  EXPECT_THAT(server.Log(), Not(HasSubstr(std::string(kPostgresPassword))));
}

struct Trouble {
  std::string_view name{};
  std::function<void()> begin{};
  std::function<void()> end{};
};

// Each lasts until an operator ends it.
TEST_F(Outage, ANodeThatTheDatabaseRefusesIsNotReadyAndSendsCallersElsewhere) {
  database_.Execute("ALTER SYSTEM SET max_connections = 30");
  database_.Stop();
  database_.Start();
  for (const char* const role : {"node", "other"}) {
    database_.Execute(fmt::format("CREATE ROLE {} LOGIN PASSWORD 'first'", role));
  }
  database_.Execute("GRANT ALL ON SCHEMA public TO node");
  const auto end_connections = [&] { database_.EndConnections("usename = 'node'"); };
  const auto by = [&](const char* statement) {
    return [&, statement] {
      database_.Execute(statement);
      end_connections();
    };
  };
  const SystemClock clock;
  std::vector<std::unique_ptr<PgConnection>> taken;
  const auto take_all = [&] {
    const auto address = PgAddress::Parse(
        Secret(fmt::format("postgresql://other:first@127.0.0.1:{}/postgres", database_.port())));
    EXPECT_TRUE(Eventually([&] {
      end_connections();
      while (true) {
        auto next = std::make_unique<PgConnection>(*address, PgSettings(), clock);
        if (!next->Connect(clock.Monotonic() + kWaitTimeout)) break;
        taken.push_back(std::move(next));
      }
      return database_.Query("SELECT 1 FROM pg_stat_activity WHERE usename = 'node'").size() == 0;
    }));
  };
  const std::array troubles{
      Trouble{"rights", by("REVOKE INSERT ON ALL TABLES IN SCHEMA public FROM node"),
              by("GRANT INSERT ON ALL TABLES IN SCHEMA public TO node")},
      Trouble{"rights for one table", by("REVOKE INSERT ON pushers FROM node"),
              by("GRANT INSERT ON pushers TO node")},
      Trouble{"CONNECTION LIMIT", by("ALTER ROLE node CONNECTION LIMIT 0"),
              by("ALTER ROLE node CONNECTION LIMIT -1")},
      Trouble{"max_connections", take_all, [&] { taken.clear(); }},
      Trouble{"password", by("ALTER ROLE node PASSWORD 'rotated'"),
              by("ALTER ROLE node PASSWORD 'first'")}};
  const Secret url(fmt::format("postgresql://node:first@127.0.0.1:{}/postgres", database_.port()));
  ServerProcess server({.settings = NodeSettings(url)});
  ASSERT_EQ(Code(server, "create_room", CreateBody("alice", "r1")), kOk);
  int joined = 0;
  for (const Trouble& trouble : troubles) {
    trouble.begin();
    const auto is_refused = [&] {
      const ApiReply reply = server.Https().Call("multi_room", "add_pusher",
                                                 PusherBody("r1", fmt::format("u{}", ++joined)));
      EXPECT_FALSE(reply.status == 200 && reply.code() == kInternalFailure) << trouble.name;
      return reply.status == 503;
    };
    const auto is_not_ready = [&] {
      return is_refused() && server.Admin().Get("/readyz").status == 503;
    };
    EXPECT_TRUE(Eventually(is_refused));
    EXPECT_TRUE(Eventually(is_not_ready, kWaitTimeout, kSeldom)) << trouble.name;
    EXPECT_EQ(server.Admin().Get("/servez").status, 200) << trouble.name;
    trouble.end();
    const auto is_ready = [&] { return server.Admin().Get("/readyz").status == 200; };
    EXPECT_TRUE(Eventually(is_ready, kWaitTimeout, kSeldom)) << trouble.name;
    EXPECT_EQ(Code(server, "create_room", CreateBody("alice", fmt::format("x{}", joined))), kOk);
  }
}

// The first host of its database is an old primary, which lives on and confirms nothing.
TEST_F(Outage, AServerBeginsAnewWhenTheEndOfTheHistoryIsLost) {
  const auto promoted = database_.MakeStandby(PostgresServer::Standby::kSynchronous);
  ServerProcess server({.settings = NodeSettings(Secret(fmt::format(
                            "postgresql://postgres:{}@127.0.0.1:{},127.0.0.1:{}/postgres",
                            kPostgresPassword, database_.port(), promoted->port())))});
  ASSERT_EQ(Code(server, "create_room", CreateBody("alice", "r1")), kOk);
  promoted->Promote();
  ASSERT_TRUE(Eventually(
      [&] { return Code(server, "create_room", CreateBody("alice", "r2")) != kInternalFailure; }));
  // As after a fail-over to a standby that did not have it.
  promoted->Execute(
      "DELETE FROM events"
      " WHERE position >= (SELECT min(position) FROM events WHERE room_id = 'r2')");
  promoted->Execute("DELETE FROM pushers WHERE room = (SELECT number FROM rooms WHERE id = 'r2')");
  promoted->Execute("DELETE FROM rooms WHERE id = 'r2'");
  promoted->EndConnections("backend_type = 'client backend'");
  ASSERT_TRUE(server.WaitForLog("history_lost"));
  EXPECT_TRUE(Eventually([&] {
    ApiClient client = server.Https();
    return RoomIds(client, "multi_room") == std::vector<std::string>{"r1"} &&
           Code(server, "add_pusher", PusherBody("r1", "bob")) == kOk;
  }));
  EXPECT_EQ(promoted->Query("SELECT 1 FROM pushers WHERE user_id = 'bob'").size(), 1U);
}

}  // namespace
}  // namespace rtcroom
