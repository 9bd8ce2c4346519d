// While the database is away.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/cluster/node_fixture.h"
#include "tests/support/loopback_socket.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

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
  EXPECT_THAT(server.Admin().Get("/metrics").text, HasSubstr("rtcroomd_ready 0"));
  database_.Start();
  ASSERT_TRUE(server.AwaitReady());
  EXPECT_EQ(Code(server, "add_pusher", PusherBody("r1", "bob")), kOk);
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
  EXPECT_EQ(server.Admin().Get("/readyz").status, 200) << "for a minute";
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

TEST_F(Outage, AServerBeginsAnewWhenTheEndOfTheHistoryIsLost) {
  ServerProcess server({.settings = NodeSettings(database_.Url())});
  ASSERT_EQ(Code(server, "create_room", CreateBody("alice", "r1")), kOk);
  ASSERT_EQ(Code(server, "create_room", CreateBody("alice", "r2")), kOk);
  // As after a fail-over to a standby that did not have it.
  database_.Execute("DELETE FROM events WHERE room_id = 'r2'");
  database_.Execute("DELETE FROM pushers WHERE room = (SELECT number FROM rooms WHERE id = 'r2')");
  database_.Execute("DELETE FROM rooms WHERE id = 'r2'");
  database_.Crash();
  database_.Start();
  ASSERT_TRUE(server.WaitForLog("history_lost"));
  EXPECT_TRUE(Eventually([&] {
    ApiClient client = server.Https();
    return RoomIds(client, "multi_room") == std::vector<std::string>{"r1"} &&
           Code(server, "add_pusher", PusherBody("r1", "bob")) == kOk;
  }));
}

}  // namespace
}  // namespace rtcroom
