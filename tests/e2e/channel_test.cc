// The message channel over HTTPS: without any configuration, over restarts and stops.
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_caller.h"
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
  ChannelCaller alice = ChannelCaller::ChosenBy(server);
  EXPECT_EQ(alice.user().app_id, 1'400'000'000U);
  const std::string join = kGroups + std::string("apply_join_group");
  const json joined = alice.Call(join, {{"GroupId", "room_1"}}).json;
  ASSERT_EQ(joined.value("ErrorCode", -1), 0) << joined;
  EXPECT_EQ(alice.Call(join, {{"GroupId", "none"}}).json["ErrorCode"], 10010);
  EXPECT_EQ(alice.SendToGroup("room_1", BareText("one")).json["MsgSeq"], 1);
  const std::string key = joined["LongPollingKey"];
  json poll = alice.Call(kRoomPoll, {{"StartSeq", 0}, {"HoldTime", 90}, {"Key", key}}).json;
  ASSERT_EQ(poll["RspMsgList"].size(), 1U) << poll;
  EXPECT_EQ(poll["RspMsgList"][0]["From_Account"], alice.account());

  server.Kill9();
  server.Start();
  alice.Reconnect();
  EXPECT_EQ(alice.Call("v4/openim/authkey").json["ErrorCode"], 0) << "the login stays valid";
  EXPECT_EQ(ChannelCaller::ChosenBy(server).user().app_id, 1'400'000'000U);
  // As before the kill, from before the message: it was not confirmed.
  poll = alice.Call(kRoomPoll, {{"StartSeq", 0}, {"HoldTime", 90}, {"Key", key}}).json;
  ASSERT_EQ(poll["RspMsgList"].size(), 1U) << poll;
  EXPECT_EQ(alice.SendToGroup("room_1", BareText("two")).json["MsgSeq"], 2);
}

TEST(MessageChannel, AStopAnswersPollsAndClosesTheirConnections) {
  ServerProcess server{{.settings = {{"channel.enabled", true}}}};
  ApiReply account;
  ApiReply room;
  ChannelCaller alice = ChannelCaller::ChosenBy(server);
  ChannelCaller bob = ChannelCaller::ChosenBy(server);
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
  ChannelCaller alice = ChannelCaller::ChosenBy(server);
  const json joined =
      alice.Call(kGroups + std::string("apply_join_group"), {{"GroupId", "room_1"}}).json;
  alice.SendToGroup("room_1", BareText("a confidential text"));
  const std::string log = server.StopAndReadLog();
  EXPECT_THAT(log, HasSubstr("group_open_http_svc/send_group_msg"));
  for (const std::string& secret :
       {*alice.user().ticket, alice.proof().a2, joined["LongPollingKey"].get<std::string>(),
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
