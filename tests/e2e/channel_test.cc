// The message channel over HTTPS: without any configuration, over restarts and stops.
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_caller.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// A client with one connection, logged in as the user that the server has chosen for it.
class ChannelClient {
 public:
  explicit ChannelClient(const ServerProcess& server) : api_(server.Https()) {
    const ApiReply info = Get(api_, "get_login_info");
    account_ = info.Text("userID");
    app_ = info.json.value("sdkAppID", 0);
    user_sig_ = info.Text("userSig");
    const ApiReply login =
        Post(fmt::format("v4/openim/login?sdkappid={}&accounttype=1&identifier={}&usersig={}", app_,
                         account_, user_sig_),
             {{"State", "Online"}});
    proof_ =
        fmt::format("sdkappid={}&tinyid={}&a2={}", app_, login.Text("TinyId"), login.Text("A2Key"));
    a2_ = login.Text("A2Key");
  }

  ApiReply Call(const std::string& command, const json& body = json::object()) {
    return Post(command + "?" + proof_, body);
  }
  json SendText(const std::string& group, const std::string& text, int random) {
    return Call(kGroups + std::string("send_group_msg"),
                {{"GroupId", group},
                 {"Random", random},
                 {"MsgBody",
                  json::array({{{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}}})}})
        .json;
  }
  void Reconnect(const ServerProcess& server) { api_ = server.Https(); }

  [[nodiscard]] const std::string& account() const { return account_; }
  [[nodiscard]] int app() const { return app_; }
  [[nodiscard]] const std::string& user_sig() const { return user_sig_; }
  [[nodiscard]] const std::string& a2() const { return a2_; }

 private:
  ApiReply Post(const std::string& target, const json& body) {
    return api_.Send({.target = "/" + target, .body = body.dump()});
  }

  ApiClient api_;
  std::string account_;
  int app_ = 0;
  std::string user_sig_;
  std::string a2_;
  std::string proof_;
};

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
    return admin.Get("/metrics").text.find("\nrtcroomd_channel_polls 2\n") != std::string::npos;
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
