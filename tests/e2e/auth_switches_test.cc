// Operator settings that determine which callers are served (protocol C.2, F.5, A.4.11).
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
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
  Gen2Client alice(server.Https(), "alice", "multi_room", reply.Text("token"));
  EXPECT_EQ(alice.Call("get_room_list", ListBody()).Text("message"), kTokenWrong);
  Gen2Client again(server.Https(), "alice", "multi_room", second.Text("token"));
  EXPECT_EQ(again.Call("add_pusher", PusherBody("r1", "alice")).code(), kOk);
  EXPECT_EQ(again.Logout().code(), kOk);
  EXPECT_EQ(again.Call("get_room_list", ListBody()).code(), kNotAuthorized);

  EXPECT_EQ(Gen1Login(api, "").code(), kBadParameter);
  EXPECT_EQ(Gen1Login(api, "?userID=").code(), kBadParameter);
  for (const char* denied : {"administrator", "root", "a%20b"}) {
    const ApiReply refused = Gen1Login(api, std::string("?userID=") + denied);
    EXPECT_EQ(refused.code(), kBadParameter) << denied;
    EXPECT_FALSE(refused.json.contains("userSig")) << denied;
  }
}

class Gen1Bind : public testing::Test {
 protected:
  /// A client as if behind a trusted proxy that reports `address`.
  ApiClient At(const std::string& address) {
    ApiClient client = server_.Http();
    client.SetHeader("X-Forwarded-For", address);
    return client;
  }
  static int Call(ApiClient& client, const char* endpoint, const nlohmann::json& body) {
    return client.Call("multi_room", endpoint, body).code();
  }

  ServerProcess server_{{.settings = {{"auth.gen1_bind", true},
                                      {"server.trusted_proxies", {"127.0.0.0/8"}},
                                      {"room.heartbeat_timeout", "1h"}}}};
  ApiClient home_ = At("192.0.2.1");
  ApiClient elsewhere_ = At("198.51.100.9");
};

TEST_F(Gen1Bind, AcceptsMemberCallsOnlyFromTheJoiningAddress) {
  ASSERT_EQ(Call(home_, "create_room", CreateBody("host", "r1")), kOk);
  ASSERT_EQ(Call(home_, "add_pusher", PusherBody("r1", "guest")), kOk);
  for (const char* user : {"host", "guest"}) {
    EXPECT_EQ(Call(elsewhere_, "pusher_heartbeat", MemberBody("r1", user)), kNoSuchMember) << user;
    EXPECT_EQ(Call(elsewhere_, "delete_pusher", MemberBody("r1", user)), kNoSuchMember) << user;
    EXPECT_EQ(Call(elsewhere_, "destroy_room", MemberBody("r1", user)), kNoSuchRoom) << user;
    EXPECT_EQ(Call(home_, "pusher_heartbeat", MemberBody("r1", user)), kOk) << user;
  }
  ApiClient api = server_.Https();
  EXPECT_THAT(PushersOf(api, "multi_room", "r1"), ElementsAre("host", "guest"));
  EXPECT_EQ(Call(home_, "delete_pusher", MemberBody("r1", "guest")), kOk);
  EXPECT_EQ(Call(home_, "destroy_room", MemberBody("r1", "host")), kOk);
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

}  // namespace
}  // namespace rtcroom
