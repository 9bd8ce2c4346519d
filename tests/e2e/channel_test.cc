// The message channel over HTTPS: without any configuration, over restarts and stops.
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_client.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(MessageChannel, WorksWithoutAnyKeyAndKeepsItsMessages) {
  ServerProcess server{{.settings = {{"channel.enabled", true}}}};
  ApiClient api = server.Https();
  ASSERT_EQ(api.Call("multi_room", "create_room", CreateBody("host", "room_1")).code(), kOk);
  ChannelClient alice(server);
  EXPECT_EQ(alice.app(), 1'400'000'000);
  const std::string join = kGroups + std::string("apply_join_group");
  const json joined = alice.Call(join, {{"GroupId", "room_1"}}).json;
  ASSERT_EQ(joined.value("ErrorCode", -1), 0) << joined;
  EXPECT_EQ(alice.Call(join, {{"GroupId", "none"}}).json["ErrorCode"], 10010);
  EXPECT_EQ(alice.SendText("room_1", "one", 1)["MsgSeq"], 1);
  const std::string key = joined["LongPollingKey"];
  json poll = alice.Call(kRoomPoll, {{"StartSeq", 0}, {"HoldTime", 90}, {"Key", key}}).json;
  ASSERT_EQ(poll["RspMsgList"].size(), 1U) << poll;
  EXPECT_EQ(poll["RspMsgList"][0]["From_Account"], alice.account());

  server.Kill9();
  server.Start();
  alice.Reconnect(server);
  EXPECT_EQ(alice.Call("v4/openim/authkey").json["ErrorCode"], 0) << "the login stays valid";
  EXPECT_EQ(ChannelClient(server).app(), 1'400'000'000);
  // As before the kill, from before the message: it was not confirmed.
  poll = alice.Call(kRoomPoll, {{"StartSeq", 0}, {"HoldTime", 90}, {"Key", key}}).json;
  ASSERT_EQ(poll["RspMsgList"].size(), 1U) << poll;
  EXPECT_EQ(alice.SendText("room_1", "two", 2)["MsgSeq"], 2);
}

TEST(MessageChannel, AStopAnswersPollsAndClosesTheirConnections) {
  ServerProcess server{{.settings = {{"channel.enabled", true}}}};
  ApiReply account;
  ApiReply room;
  ChannelClient alice(server);
  ChannelClient bob(server);
  std::jthread account_poll([&] { account = alice.Call("v4/openim/longpolling"); });
  std::jthread room_poll([&] { room = bob.Call(kRoomPoll, {{"StartSeq", 0}, {"Key", "none"}}); });
  ApiClient admin = server.Admin();
  ASSERT_TRUE(Eventually([&] {
    const std::string metrics = admin.Get("/metrics").text;
    return metrics.find("rtcroomd_channel_polls{kind=\"account\"} 1\n") != std::string::npos &&
           metrics.find("rtcroomd_channel_polls{kind=\"room\"} 1\n") != std::string::npos;
  }));
  EXPECT_EQ(server.Terminate(), 0);
  account_poll.join();
  room_poll.join();
  EXPECT_EQ(account.json["ErrorCode"], 60008) << account;
  EXPECT_EQ(room.json["ActionStatus"], "OK") << room;
  for (const ApiReply& reply : {account, room}) {
    EXPECT_EQ(reply.headers.at("connection"), "close") << reply;
  }
}

TEST(MessageChannel, LogsNoSecretsAndNoTexts) {
  ServerProcess server{{.settings = {{"channel.enabled", true}}}};
  ApiClient api = server.Https();
  ASSERT_EQ(api.Call("multi_room", "create_room", CreateBody("host", "room_1")).code(), kOk);
  ChannelClient alice(server);
  const json joined =
      alice.Call(kGroups + std::string("apply_join_group"), {{"GroupId", "room_1"}}).json;
  alice.SendText("room_1", "a confidential text", 1);
  const std::string log = server.StopAndReadLog();
  EXPECT_THAT(log, HasSubstr("group_open_http_svc/send_group_msg"));
  for (const std::string& secret :
       {alice.user_sig(), alice.a2(), joined["LongPollingKey"].get<std::string>(),
        std::string("confidential")}) {
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  }
}

TEST(MessageChannel, IsAbsentUnlessItIsEnabled) {
  const ServerProcess server;
  ApiClient api = server.Https();
  const ApiReply reply = api.Send({.target = "/v4/openim/login", .body = "{}"});
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.code(), kBadParameter);
}

}  // namespace
}  // namespace rtcroom
