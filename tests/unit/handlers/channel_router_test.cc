// Transport of the message channel: paths, methods, queries, bodies, rates, records.
#include "handlers/channel/channel_router.h"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/front.h"
#include "tests/support/channel_fixture.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::Pair;

class ChannelTransport : public testing::Test {
 protected:
  /// The error code of the reply, whose form is checked.
  static int CodeOf(const LabelledReply& reply) {
    EXPECT_EQ(reply.status, 200);
    const json body = json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
    EXPECT_EQ(body.value("ActionStatus", ""), "FAIL") << reply.body;
    EXPECT_TRUE(body.value("ErrorInfo", json()).is_string()) << reply.body;
    EXPECT_EQ(body.value("ErrorCode", 0), reply.label.code);
    return body.value("ErrorCode", 0);
  }

  ChannelFixture server_;
};

TEST(ChannelCommands, AreTheOnesThatClientsCall) {
  EXPECT_EQ(AllChannelCommands().size(), 27U);
  std::set<std::string_view> fixed;  // replies
  for (const ChannelCommand& command : AllChannelCommands()) {
    EXPECT_TRUE(command.handler == nullptr || command.poll == nullptr) << command.path;
    if (command.handler == nullptr && command.poll == nullptr) fixed.insert(command.name());
    EXPECT_EQ(FindChannelCommand(command.path), &command);
  }
  EXPECT_THAT(fixed,
              testing::ElementsAre("group_open_http_svc/get_joined_group_list",
                                   "group_open_http_svc/msg_read_report", "imopenstat/web_report",
                                   "openim/authkey", "openim/msgreaded"));
  for (const char* const refused :
       {"v4/openim/deletemsg", "v4/sns/friend_add", "v4/openpic/pic_up",
        "v1/group_open_http_noauth_svc/apply_join_group", "v4/group_open_http_svc/get_msg"}) {
    EXPECT_EQ(FindChannelCommand(refused), nullptr) << refused;
  }
}

std::set<std::string_view> CommandsOf(Lane lane) {
  std::set<std::string_view> commands;
  for (const ChannelCommand& command : AllChannelCommands()) {
    if (command.lane == lane) commands.insert(command.name());
  }
  return commands;
}

TEST(ChannelCommands, RunOnAWorkerOnlyWhereTheyWait) {
  EXPECT_THAT(CommandsOf(Lane::kWorker),
              testing::ElementsAre("group_open_http_svc/send_group_msg", "openim/login",
                                   "openim/logout", "openim/longpollinglogout", "openim/sendmsg"));
  EXPECT_THAT(CommandsOf(Lane::kUrgent), testing::IsEmpty());
}

TEST(ChannelCommands, AreReadsWhereTheyAskTheStore) {
  EXPECT_THAT(
      CommandsOf(Lane::kRead),
      testing::ElementsAre(
          "group_open_http_svc/apply_join_group", "group_open_http_svc/create_group",
          "group_open_http_svc/get_group_info", "group_open_http_svc/get_group_member_info",
          "group_open_http_svc/get_group_public_info", "group_open_http_svc/get_role_in_group",
          "group_open_http_svc/group_msg_get", "group_open_long_polling_http_noauth_svc/get_msg",
          "openim/getmsg", "openim/getroammsg", "openim/longpolling", "recentcontact/get"));
}

TEST_F(ChannelTransport, AnswersUnknownCommandsWith60002) {
  for (const char* const path :
       {"/v4/openim/deletemsg", "/v4/openim/login/", "/v4/openim/LOGIN", "/v4//openim/login",
        "/v1/group_open_http_noauth_svc/quit_group", "/v4/x"}) {
    const LabelledReply reply = server_.Send(ChannelFixture::RequestOf(path, "", "{}"));
    EXPECT_EQ(CodeOf(reply), 60002) << path;
    EXPECT_EQ(reply.label.endpoint, "unknown");
  }
}

TEST_F(ChannelTransport, AnswersOtherMethodsWith405) {
  HttpRequest request = ChannelFixture::RequestOf("/v4/openim/login", "", "");
  request.method = "GET";
  const LabelledReply reply = server_.Send(request);
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(json::parse(reply.body)["ActionStatus"], "FAIL");
  EXPECT_THAT(reply.headers, Contains(Pair("Allow", "POST, OPTIONS")));
}

TEST_F(ChannelTransport, LetsPagesOfOtherOriginsCall) {
  HttpRequest request = ChannelFixture::RequestOf("/v4/openim/login", "", "");
  request.method = "OPTIONS";
  request.origin = "https://page.example";
  const LabelledReply reply = server_.Send(request);
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.body, "");
  EXPECT_THAT(reply.headers, Contains(Pair("Access-Control-Allow-Origin", "*")));
  EXPECT_THAT(reply.headers,
              Contains(Pair("Access-Control-Allow-Headers", testing::HasSubstr("content-type"))));
}

TEST_F(ChannelTransport, RefusesOtherApplicationsWith70014) {
  const auto alice = server_.LogIn("alice");
  for (const char* const id : {"1400000002", "", "x"}) {
    const std::string query =
        "sdkappid=" + std::string(id) + "&tinyid=" + alice.tiny_id + "&a2=" + alice.a2;
    EXPECT_EQ(CodeOf(server_.Send(ChannelFixture::RequestOf("/v4/openim/authkey", query, "{}"))),
              70014);
  }
}

TEST_F(ChannelTransport, RefusesCallersWithoutALoginWith70003) {
  const auto alice = server_.LogIn("alice");
  const auto bob = server_.LogIn("bob");
  const ChannelFixture::Client strangers[] = {
      {}, {.a2 = alice.a2}, {.tiny_id = bob.tiny_id, .a2 = alice.a2}, {.tiny_id = "1", .a2 = "00"}};
  for (const ChannelFixture::Client& stranger : strangers) {
    for (const ChannelCommand& command : AllChannelCommands()) {
      if (command.caller != CommandCaller::kAccount) continue;
      const LabelledReply reply = server_.Send(ChannelFixture::RequestOf(
          "/" + std::string(command.path), ChannelFixture::QueryOf(stranger), "{}"));
      EXPECT_EQ(CodeOf(reply), 70003) << command.path;
      EXPECT_EQ(reply.label.endpoint, command.name());
    }
  }
}

TEST_F(ChannelTransport, RefusesLoginsOfEndedInstancesWith91101) {
  const auto first = server_.LogIn("alice");
  server_.clock.Advance(std::chrono::seconds(1));
  const auto second = server_.LogIn("alice");
  EXPECT_EQ(CodeOf(server_.Post(first, "openim/authkey", "{}")), 91101);
  EXPECT_EQ(server_.Call(second, "openim/authkey")["ErrorCode"], 0);
}

TEST_F(ChannelTransport, RefusesBodiesThatAreNoJsonObjectWith60003) {
  const auto alice = server_.LogIn("alice");
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("null"), std::string("a=1"),
        std::string("\"\xFF\""), "{\"a\":" + deep + "}", std::string(70'000, ' ') + "{}"}) {
    EXPECT_EQ(CodeOf(server_.Post(alice, "openim/authkey", body)), 60003) << body.substr(0, 20);
    EXPECT_EQ(CodeOf(server_.Post(alice, "openim/longpolling", body)), 60003);
  }
}

TEST_F(ChannelTransport, ReadsJsonWhateverTheMediaType) {
  const auto alice = server_.LogIn("alice");
  HttpRequest request =
      ChannelFixture::RequestOf("/v4/openim/authkey", ChannelFixture::QueryOf(alice), "{}");
  request.content_type = "application/x-www-form-urlencoded";
  EXPECT_EQ(json::parse(server_.Send(request).body)["ErrorCode"], 0);
  request.content_type = "";
  request.body = "";
  EXPECT_EQ(json::parse(server_.Send(request).body)["ErrorCode"], 0);
}

TEST_F(ChannelTransport, DistinguishesIllTypedFromBadFields) {
  const auto alice = server_.LogIn("alice");
  const auto code = [&](const char* command, const json& body) {
    return CodeOf(server_.Post(alice, command, body.dump()));
  };
  constexpr const char* kJoin = "group_open_http_svc/apply_join_group";
  EXPECT_EQ(code(kJoin, json::object()), 10004);
  EXPECT_EQ(code(kJoin, {{"GroupId", nullptr}}), 10004);
  EXPECT_EQ(code(kJoin, {{"GroupId", ""}}), 10004);
  EXPECT_EQ(code(kJoin, {{"GroupId", json::array()}}), 60003);
  EXPECT_EQ(code(kJoin, {{"GroupId", "@TGS#a b"}}), 10010);
  EXPECT_EQ(code(kJoin, {{"GroupId", std::string(49, 'x')}}), 10010);
  EXPECT_EQ(code("openim/longpolling", {{"Cookie", 1}}), 60003);
  EXPECT_EQ(code("openim/longpolling", {{"Cookie", {{"NoticeSeq", "1"}}}}), 60003);
  EXPECT_EQ(code("openim/longpolling", {{"Cookie", {{"NoticeSeq", -1}}}}), 10004);
  EXPECT_EQ(code("profile/portrait_get", {{"To_Account", "alice"}}), 60003);
}

TEST_F(ChannelTransport, NamesTheBadFieldToTheCaller) {
  const auto alice = server_.LogIn("alice");
  EXPECT_EQ(server_.Call(alice, "group_open_http_svc/apply_join_group")["ErrorInfo"],
            "GroupId: missing");
}

TEST_F(ChannelTransport, TakesATokenForEveryCallButLogouts) {
  const auto alice = server_.LogIn("alice");
  server_.admission.refused_addresses = {"192.0.2.1"};  // before the login
  server_.costs.refused_users = {"alice"};
  std::set<std::string_view> served;
  for (const ChannelCommand& command : AllChannelCommands()) {
    if (command.poll != nullptr) continue;
    const LabelledReply reply = server_.Send(ChannelFixture::RequestOf(
        "/" + std::string(command.path), ChannelFixture::QueryOf(alice), "{}"));
    if (reply.label.failure == Errc::kTooManyRequests) {
      EXPECT_EQ(CodeOf(reply), 10002);
    } else {
      served.insert(command.name());
    }
  }
  EXPECT_THAT(served, testing::ElementsAre("openim/getlongpollingid", "openim/logout",
                                           "openim/longpollinglogout"));
}

TEST_F(ChannelTransport, PollsOfAnAccountOverItsRateWaitForASecond) {
  server_.MakeRoom(RoomKind::kMulti, "room_1");
  const auto alice = server_.LogIn("alice");
  const std::string key = server_.Join(alice, "room_1");
  server_.SendText(alice, "room_1", "one", 1);
  server_.Follow();
  server_.costs.refused_users = {"alice"};
  const auto account = server_.PollAccount(alice);
  const auto room = server_.PollRoom(alice, key);
  EXPECT_FALSE(room->reply()) << "though there is a message";
  server_.Tick(WaitingPolls::kPause);
  ASSERT_TRUE(account->reply());
  ASSERT_TRUE(room->reply());
  EXPECT_EQ(json::parse(account->reply()->body)["ErrorCode"], 60008);
  const json reply = json::parse(room->reply()->body);
  EXPECT_EQ(reply["RspMsgList"], json::array());
  server_.costs.refused_users.clear();
  EXPECT_TRUE(server_.PollRoom(alice, key)->reply()) << "the next one gets it";
}

TEST_F(ChannelTransport, PollsWithoutALoginCountForTheirAddress) {
  const ChannelFixture::Client nobody{.account = "alice", .tiny_id = "1", .a2 = "x"};
  EXPECT_TRUE(server_.PollAccount(nobody)->reply());
  server_.admission.refused_addresses = {"192.0.2.1"};
  const auto poll = server_.PollAccount(nobody);
  EXPECT_FALSE(poll->reply());
  server_.Tick(WaitingPolls::kPause);
  EXPECT_TRUE(poll->reply());
}

TEST_F(ChannelTransport, ChargesPollsForLongReplies) {
  server_.MakeRoom(RoomKind::kMulti, "room_1");
  const auto alice = server_.LogIn("alice");
  const std::string key = server_.Join(alice, "room_1");
  for (std::uint64_t i = 1; i <= 5; ++i) {
    server_.SendText(alice, "room_1", std::string(8000, 'x'), i);
  }
  server_.Follow();
  const std::uint32_t before = server_.costs.charged_to_users;
  ASSERT_TRUE(server_.PollRoom(alice, key)->reply());
  EXPECT_EQ(server_.costs.charged_to_users - before, 2U) << "40,000 bytes";
  EXPECT_EQ(server_.costs.charged_to_addresses, 20U);
}

TEST_F(ChannelTransport, ChargesLongBodies) {
  const auto alice = server_.LogIn("alice");
  server_.Post(alice, "openim/authkey", std::string(40'000, ' ') + "{}");
  EXPECT_EQ(server_.costs.charged_to_users, 2U);
  EXPECT_EQ(server_.costs.charged_to_addresses, 2U);
  EXPECT_EQ(server_.admission.charged_to_addresses, 0U) << "of the room API";
}

TEST_F(ChannelTransport, RecordsCommandsByServiceAndName) {
  const auto alice = server_.LogIn("alice");
  EXPECT_EQ(server_.recorded.label().endpoint, "openim/login");
  const LabelledReply reply = server_.Post(alice, "openim/authkey", "{}");
  EXPECT_EQ(reply.label.endpoint, "openim/authkey");
  EXPECT_EQ(reply.label.code, 0);
  EXPECT_TRUE(server_.recorded.is_timed());
}

TEST_F(ChannelTransport, RecordsPollsWhenTheyAreAnsweredAndWithoutDuration) {
  const auto alice = server_.LogIn("alice");
  const int before = server_.recorded.count();
  const auto poll = server_.PollAccount(alice);
  EXPECT_EQ(server_.recorded.count(), before);
  server_.Tick(ChannelFixture::kHold);
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(server_.recorded.count(), before + 1);
  EXPECT_EQ(server_.recorded.label().endpoint, "openim/longpolling");
  EXPECT_EQ(server_.recorded.label().code, 0) << "nothing new is no failure";
  EXPECT_FALSE(server_.recorded.is_timed());
}

/// Stores endpoint and code of every request.
class EveryRequest : public RequestObserver {
 public:
  std::vector<std::pair<std::string_view, int>> seen;

  void OnRequest(const RequestLabel& label, int /*http_status*/,
                 std::optional<std::chrono::nanoseconds> /*duration*/) override {
    seen.emplace_back(label.endpoint, label.code);
  }
};

TEST_F(ChannelTransport, RecordsPollsOfKickedInstancesAsFailures) {
  EveryRequest requests;
  RequestRecorder recorder(server_.request_ids, requests, server_.clock, server_.logger);
  WebimRouter router({.channel = server_.channel,
                      .clients = server_.clients,
                      .costs = server_.costs,
                      .verifier = *server_.verifier},
                     server_.admission, {&recorder, &server_.cors},
                     {.sdk_app_id = ChannelFixture::kSdkAppId});
  const auto alice = server_.LogIn("alice");
  const auto poll = std::make_shared<RecordedReply>();
  Handle(router,
         ChannelFixture::RequestOf("/v4/openim/longpolling", ChannelFixture::QueryOf(alice), ""),
         poll);
  server_.clock.Advance(std::chrono::seconds(1));
  server_.LogIn("alice");
  ASSERT_TRUE(poll->reply());
  EXPECT_THAT(requests.seen, testing::ElementsAre(Pair("openim/longpolling", 91101)));
}

TEST_F(ChannelTransport, RepliesAreForNoCache) {
  const auto alice = server_.LogIn("alice");
  EXPECT_THAT(server_.Post(alice, "openim/authkey", "{}").headers,
              Contains(Pair("Cache-Control", "no-store")));
  const auto poll = server_.PollRoom(alice, "");
  server_.Tick(ChannelFixture::kHold);
  EXPECT_THAT(poll->reply()->headers, Contains(Pair("Access-Control-Allow-Origin", "*")));
}

TEST(ChannelPrefix, IsInFrontOfEveryPath) {
  ChannelFixture server({}, "/im");
  EXPECT_TRUE(server.webim.Serves({.path = "/im/v4/openim/login"}));
  EXPECT_TRUE(server.webim.Serves({.path = "/im/v1/anything"}));
  EXPECT_FALSE(server.webim.Serves({.path = "/v4/openim/login"}));
  EXPECT_FALSE(server.webim.Serves({.path = "/im/v2/openim/login"}));
  EXPECT_FALSE(server.webim.Serves({.path = "/imv4/openim/login"}));
  const LabelledReply reply =
      server.Send(ChannelFixture::RequestOf("/im/v4/openim/login", "", "{}"));
  EXPECT_EQ(reply.label.endpoint, "openim/login");
}

class PathsOfClients : public testing::Test {
 protected:
  RouterFixture rooms_;
  ChannelFixture channel_;
  Front front_{
      {.rooms = rooms_.router, .webim = &channel_.webim, .others = {&channel_.new_clients}}};
};

TEST_F(PathsOfClients, AreDividedByTheirVersion) {
  const LabelledReply rooms =
      AnswerOf(front_, rooms_.recorded,
               ChannelFixture::RequestOf("/weapp/multi_room/get_push_url", "", "{}"));
  EXPECT_EQ(json::parse(rooms.body).value("code", -1), 1);
  const LabelledReply command = AnswerOf(front_, channel_.recorded,
                                         ChannelFixture::RequestOf("/v4/openim/nothing", "", "{}"));
  EXPECT_EQ(json::parse(command.body).value("ErrorCode", 0), 60002);
  HttpRequest login = ChannelFixture::RequestOf("/v4/openim/login", "", "{}");
  EXPECT_EQ(front_.Resolve(login).lane, Lane::kWorker);
}

TEST_F(PathsOfClients, AreRefusedForClientsOfEither) {
  const HttpReply reply = front_.Refuse(503, "no worker is free");
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.headers, Contains(Pair("Retry-After", "1")));
  const json body = json::parse(reply.body);
  EXPECT_EQ(body["code"], 6);
  EXPECT_EQ(body["ActionStatus"], "FAIL");
  EXPECT_EQ(body["ErrorCode"], 10002);
  EXPECT_EQ(json::parse(front_.Refuse(413, "too long").body)["ErrorCode"], 60003);
}

TEST_F(PathsOfClients, DelayOnlyRequestsForRooms) {
  rooms_.admission.delay = std::chrono::milliseconds(5);
  EXPECT_EQ(front_.Delay("192.0.2.1"), std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace rtcroom
