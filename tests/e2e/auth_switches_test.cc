// Operator settings that determine which callers are served (protocol C.2, F.5, A.4.11).
#include <ostream>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/protocol_code.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

/// The gen-1 form of login: only a name.
ApiReply Gen1Login(ApiClient& api, const std::string& query) {
  ApiRequest request;
  request.target = "/weapp/multi_room/login" + query;
  request.body = "{}";
  return api.Send(request);
}

TEST(Gen1Login, IsDisabledByDefault) {
  const ServerProcess server({.settings = WithLogins()});
  ApiClient api = server.Https();
  const ApiReply reply = Gen1Login(api, "?userID=alice");
  EXPECT_EQ(reply.code(), kNotAuthorized) << reply;
  EXPECT_FALSE(reply.json.contains("token")) << reply;
  EXPECT_FALSE(reply.json.contains("userSig")) << reply;
}

TEST(Gen1Login, ReturnsAValidTokenAndTicket) {
  const ServerProcess server(
      {.settings = WithLogins({{"auth.gen1_login", true}, {"auth.deny_user_ids", {"root"}}})});
  ApiClient api = server.Https();
  const ApiReply reply = Gen1Login(api, "?userID=alice");
  ASSERT_EQ(reply.code(), kOk) << reply;
  EXPECT_EQ(reply.Text("userID"), "alice");
  EXPECT_EQ(reply.json["sdkAppID"], kTestAppId);
  EXPECT_EQ(reply.Text("accType"), "0");
  EXPECT_EQ(LogIn(api, {.user_id = "alice", .user_sig = reply.Text("userSig")}).code(), kOk);

  const ApiReply second = Gen1Login(api, "?userID=alice");
  EXPECT_NE(second.Text("token"), reply.Text("token")) << "tokens must differ between logins";
  Gen2Client alice(server.Https(), "alice", "multi_room");
  alice.UseToken(reply.Text("token"));
  EXPECT_EQ(alice.Call("get_room_list", ListBody()).Text("message"), kTokenWrong);
  alice.UseToken(second.Text("token"));
  EXPECT_EQ(alice.Call("add_pusher", PusherBody("r1", "alice")).code(), kOk);
  EXPECT_EQ(alice.Logout().code(), kOk);
  EXPECT_EQ(alice.Call("get_room_list", ListBody()).code(), kNotAuthorized);

  EXPECT_EQ(Gen1Login(api, "").code(), kBadParameter);
  EXPECT_EQ(Gen1Login(api, "?userID=").code(), kBadParameter);
  for (const char* denied : {"administrator", "root", "a%20b"}) {
    const ApiReply refused = Gen1Login(api, std::string("?userID=") + denied);
    EXPECT_EQ(refused.code(), kBadParameter) << denied;
    EXPECT_FALSE(refused.json.contains("userSig")) << denied;
  }
}

/// Calls as if through a trusted proxy that reports `address`.
class Phone {
 public:
  Phone(const ServerProcess& server, std::string address)
      : api_(server.Http()), address_(std::move(address)) {}

  int Call(const std::string& endpoint, const nlohmann::json& body) {
    return api_
        .Send({.target = "/weapp/multi_room/" + endpoint,
               .body = body.dump(),
               .headers = {{"X-Forwarded-For", address_}}})
        .code();
  }

 private:
  ApiClient api_;
  std::string address_;
};

class Gen1Bind : public testing::Test {
 protected:
  explicit Gen1Bind(bool bind = true)
      : server_({.settings = {{"auth.gen1_bind", bind},
                              {"server.trusted_proxies", {"127.0.0.0/8"}},
                              {"room.heartbeat_timeout", "1h"}}}) {}

  ServerProcess server_;
  Phone home_{server_, "192.0.2.1"};
  Phone elsewhere_{server_, "198.51.100.9"};
};

class Gen1Unbound : public Gen1Bind {
 protected:
  Gen1Unbound() : Gen1Bind(false) {}
};

TEST_F(Gen1Bind, AcceptsMemberCallsOnlyFromTheJoiningAddress) {
  ASSERT_EQ(home_.Call("create_room", CreateBody("host", "r1")), kOk);
  ASSERT_EQ(home_.Call("add_pusher", PusherBody("r1", "guest")), kOk);
  for (const char* user : {"host", "guest"}) {
    EXPECT_EQ(elsewhere_.Call("pusher_heartbeat", MemberBody("r1", user)), kNoSuchMember) << user;
    EXPECT_EQ(elsewhere_.Call("delete_pusher", MemberBody("r1", user)), kNoSuchMember) << user;
    EXPECT_EQ(elsewhere_.Call("destroy_room", MemberBody("r1", user)), kNoSuchRoom) << user;
    EXPECT_EQ(home_.Call("pusher_heartbeat", MemberBody("r1", user)), kOk) << user;
  }
  ApiClient api = server_.Https();
  EXPECT_THAT(PushersOf(api, "multi_room", "r1"), ElementsAre("host", "guest"));
  EXPECT_EQ(home_.Call("delete_pusher", MemberBody("r1", "guest")), kOk);
  EXPECT_EQ(home_.Call("destroy_room", MemberBody("r1", "host")), kOk);
}

TEST_F(Gen1Bind, RebindsAPusherThatRejoinsFromAnotherAddress) {
  ASSERT_EQ(home_.Call("create_room", CreateBody("host", "r1")), kOk);
  ASSERT_EQ(home_.Call("add_pusher", PusherBody("r1", "guest")), kOk);
  ASSERT_EQ(elsewhere_.Call("add_pusher", PusherBody("r1", "guest")), kOk);
  EXPECT_EQ(home_.Call("pusher_heartbeat", MemberBody("r1", "guest")), kNoSuchMember);
  EXPECT_EQ(elsewhere_.Call("delete_pusher", MemberBody("r1", "guest")), kOk);
}

TEST_F(Gen1Unbound, AcceptsMemberCallsFromAnyAddress) {
  ASSERT_EQ(home_.Call("create_room", CreateBody("host", "r1")), kOk);
  ASSERT_EQ(home_.Call("add_pusher", PusherBody("r1", "guest")), kOk);
  EXPECT_EQ(elsewhere_.Call("pusher_heartbeat", MemberBody("r1", "guest")), kOk);
  EXPECT_EQ(elsewhere_.Call("delete_pusher", MemberBody("r1", "guest")), kOk);
}

TEST(Gen1BindWithGen2, AcceptsATokenFromAnyAddress) {
  const ServerProcess server(
      {.settings =
           WithLogins({{"auth.gen1_bind", true}, {"server.trusted_proxies", {"127.0.0.0/8"}}})});
  const Gen2Client user = LoggedIn(server, "user", "multi_room");
  ApiClient api = server.Http();
  const auto call = [&](const std::string& endpoint, const nlohmann::json& body,
                        const char* address) {
    return api
        .Send({.target = "/weapp/multi_room/" + endpoint + "?userID=user&token=" + user.token(),
               .body = body.dump(),
               .headers = {{"X-Forwarded-For", address}}})
        .code();
  };
  ASSERT_EQ(call("add_pusher", PusherBody("r1", "user"), "192.0.2.1"), kOk);
  EXPECT_EQ(call("pusher_heartbeat", MemberBody("r1", "user"), "198.51.100.9"), kOk);
  EXPECT_EQ(call("delete_pusher", MemberBody("r1", "user"), "198.51.100.9"), kOk);
}

TEST(PinnedPrefixes, SelectTheirDialect) {
  const ServerProcess server({.settings = WithLogins({{"server.gen1_prefix", "/v1/weapp"},
                                                      {"server.gen2_prefix", "/v2/weapp"}})});
  ApiClient api = server.Https();
  const auto code_at = [&api](const std::string& target) {
    return api.Send({.target = target, .body = RoomBody("r1").dump()}).code();
  };
  EXPECT_EQ(code_at("/v1/weapp/multi_room/get_pushers?userID=u1&token=t"), kNoSuchRoom);
  EXPECT_EQ(code_at("/v2/weapp/multi_room/get_pushers"), kNotAuthorized);
}

/// The reply to each sort of caller.
struct Answers {
  int gen1 = kNoCode;
  int gen2_without_token = kNoCode;
  int gen2_with_token = kNoCode;
  int webrtc = kNoCode;
  int get_login_info = kNoCode;
  bool operator==(const Answers&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Answers& answers) {
  return out << answers.gen1 << ' ' << answers.gen2_without_token << ' ' << answers.gen2_with_token
             << ' ' << answers.webrtc << ' ' << answers.get_login_info;
}

Answers AnswersIn(const char* mode) {
  const ServerProcess server({.settings = WithLogins({{"auth.mode", mode}})});
  ApiClient api = server.Https();
  Gen2Client stranger(server.Https(), "stranger", "multi_room");
  Gen2Client user = LoggedIn(server, "user", "multi_room");
  return {
      .gen1 = api.Call("multi_room", "create_room", CreateBody("alice")).code(),
      .gen2_without_token = stranger.Call("create_room", PrepareBody("stranger")).code(),
      .gen2_with_token = user.Call("create_room", PrepareBody("user")).code(),
      .webrtc = api.Call("webrtc_room", "create_room", PrepareBody("webrtc_user")).code(),
      .get_login_info = api.Get("/weapp/utils/get_login_info").code(),
  };
}

TEST(AuthMode, MixedRequiresATokenForGen2) {
  EXPECT_EQ(AnswersIn("mixed"), (Answers{kOk, kNotAuthorized, kOk, kOk, kOk}));
}

TEST(AuthMode, TokenRejectsCallsWithoutAToken) {
  EXPECT_EQ(AnswersIn("token"),
            (Answers{kNotAuthorized, kNotAuthorized, kOk, kNotAuthorized, kOk}));
}

TEST(AuthMode, OpenServesCallsWithoutAToken) {
  EXPECT_EQ(AnswersIn("open"), (Answers{kOk, kOk, kOk, kOk, kOk}));
}

TEST(AuthMode, OpenTrustsTheUserIdOfTheQuery) {
  const ServerProcess server({.settings = WithLogins({{"auth.mode", "open"}})});
  Gen2Client host(server.Https(), "host", "live_room");
  Gen2Client viewer(server.Https(), "viewer", "live_room");
  viewer.UseToken("no*token*at*all");
  ASSERT_EQ(host.Call("create_room", PrepareBody("host", "r1")).code(), kOk);
  ASSERT_EQ(host.Call("add_pusher", PusherBody("r1", "host")).code(), kOk);
  EXPECT_EQ(host.Call("set_custom_field", SetBody("r1", "title", "hello")).code(), kOk);
  EXPECT_EQ(viewer.Call("set_custom_field", SetBody("r1", "title", "x")).code(), kNoSuchMember);
  EXPECT_EQ(viewer.Call("set_custom_field", CountBody("r1", "likes")).code(), kOk);
  EXPECT_EQ(viewer.Call("add_audience", AudienceBody("r1", "viewer")).code(), kOk);
  EXPECT_THAT(RoomIds(viewer), ElementsAre("r1"));
  EXPECT_EQ(viewer.Call("delete_pusher", MemberBody("r1", "host")).code(), kOk)
      << "nothing is checked in this mode";
}

}  // namespace
}  // namespace rtcroom
