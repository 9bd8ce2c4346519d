// Authentication of callers (protocol B.2, C.2).
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/endpoint_fields.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::string_view kTokenWrong =
    R"({"code":7,"message":"鉴权失败 错误码:1 错误信息:token 错误"})";
constexpr std::string_view kTokenMalformed =
    R"({"code":7,"message":"鉴权失败 错误码:2 错误信息:token 错误"})";
constexpr std::string_view kNoSession =
    R"({"code":7,"message":"鉴权失败 错误码:3 错误信息:用户未登录或token过期"})";
constexpr std::string_view kNoCredentials =
    R"({"code":7,"message":"鉴权失败 错误码:4 错误信息:参数不全，请检查是否忘记携带参数userID和token"})";
constexpr std::string_view kUnknownApp =
    R"({"code":7,"message":"鉴权失败 错误码:5 错误信息:客户配置不存在，请检查appID和businessID是否正确"})";
constexpr std::string_view kRefused =
    R"({"code":7,"message":"鉴权失败",)"
    R"("detail":"token: missing; this server serves only callers that have logged in"})";

class Caller : public testing::Test {
 protected:
  Caller() { static_cast<void>(server_.sessions.LoginTrusted({"u1"})); }

  static LabelledReply PostTo(const RouterFixture& server, std::string path, std::string query,
                              const json& body = json::object()) {
    return server.Send({.method = "POST",
                        .path = std::move(path),
                        .query = std::move(query),
                        .content_type = "application/json",
                        .body = body.dump()});
  }
  std::string Heartbeat(std::string query, const json& body = {{"roomID", "r"}, {"userID", "u1"}}) {
    return PostTo(server_, "/weapp/multi_room/pusher_heartbeat", std::move(query), body).body;
  }

  static constexpr const char* kGood = "userID=u1&token=token-of-u1";
  static constexpr std::string_view kServed = R"({"code":5,"message":"不是房间成员"})";

  RouterFixture server_;
};

TEST_F(Caller, IsServedWithAValidToken) {
  EXPECT_EQ(Heartbeat(kGood), kServed);
  EXPECT_EQ(Heartbeat("token=token-of-u1&userID=u1&x=y"), kServed);
}

TEST_F(Caller, GetsTheFaultOfAnInvalidToken) {
  EXPECT_EQ(Heartbeat("userID=u1&token=token-of-u2"), kTokenWrong);
  EXPECT_EQ(Heartbeat("userID=u1&token=malformed"), kTokenMalformed);
  EXPECT_EQ(Heartbeat("userID=u2&token=token-of-u2"), kNoSession);
  EXPECT_EQ(Heartbeat("userID=u1&token=other-app"), kUnknownApp);
  for (const char* query : {"userID=u1", "token=t", "userID=&token=t", "userID=u1&token=", "token",
                            "userID&token", "userid=u1&TOKEN=token-of-u1&token"}) {
    EXPECT_EQ(Heartbeat(query), kNoCredentials) << query;
  }
  EXPECT_EQ(Heartbeat("userID=undefined&token=t"), kNoSession);
}

TEST_F(Caller, IsReadFromTheFirstQueryKeyDecodedOnce) {
  EXPECT_EQ(Heartbeat("user%49D=%751&token=token%2Dof%2Du1"), kServed);
  EXPECT_EQ(Heartbeat("userID=%25751&token=token-of-u1"), kNoSession);
  EXPECT_EQ(Heartbeat("userID=u1&userID=u2&token=token-of-u1&token=t"), kServed);
  EXPECT_EQ(Heartbeat("userID=u2&userID=u1&token=token-of-u1"), kNoSession);
  EXPECT_EQ(Heartbeat("userID=u1&token=t&token=token-of-u1"), kTokenWrong);
}

TEST_F(Caller, CannotActForAnotherUser) {
  EXPECT_EQ(Heartbeat(kGood, {{"roomID", "r"}, {"userID", "u2"}}), kTokenWrong);
  EXPECT_EQ(Heartbeat(kGood, {{"roomID", "r"}, {"userID", 7}}), kTokenWrong);
  EXPECT_EQ(Heartbeat(kGood, {{"userID", "u2"}}), kTokenWrong);
  EXPECT_EQ(Heartbeat(kGood, {{"userID", "u1"}}),
            R"({"code":1,"message":"参数不全","detail":"roomID: missing"})");
  EXPECT_EQ(Heartbeat(kGood, {{"roomID", "r"}}),
            R"({"code":1,"message":"参数不全","detail":"userID: missing"})");
}

TEST_F(Caller, CannotNameAnotherUserInAnOptionalField) {
  const std::string path = "/weapp/multi_room/get_pushers";
  EXPECT_EQ(PostTo(server_, path, kGood, {{"roomID", "r"}, {"userID", "u2"}}).body, kTokenWrong);
  EXPECT_EQ(PostTo(server_, path, kGood, {{"roomID", "r"}, {"userID", "u1"}}).label.code, 3);
  for (const json& value : {json(nullptr), json(""), json::array(), json(true)}) {
    EXPECT_EQ(PostTo(server_, path, kGood, {{"roomID", "r"}, {"userID", value}}).label.code, 3);
  }
}

TEST_F(Caller, MayHaveANumericId) {
  static_cast<void>(server_.sessions.LoginTrusted({"7"}));
  EXPECT_EQ(Heartbeat("userID=7&token=token-of-7", {{"roomID", "r"}, {"userID", 7}}), kServed);
}

TEST_F(Caller, NeedsATokenForEveryGen2CallExceptLogin) {
  for (const EndpointCall& call : AllCalls()) {
    if (call.protocol != Protocol::kGen2 || call.areas.front() == "utils") continue;
    const LabelledReply reply = PostTo(server_, "/weapp/live_room/" + std::string(call.endpoint),
                                       "userID=u2&token=malformed&userSig=s");
    const bool is_login = call.endpoint == "login";
    EXPECT_EQ(reply.label.failure == Errc::kTokenMalformed, !is_login) << call;
  }
}

class CallersOfEveryEndpoint : public testing::TestWithParam<AuthMode> {
 protected:
  CallersOfEveryEndpoint() { static_cast<void>(server_.sessions.LoginTrusted({"u1"})); }

  /// @param query  of every call that needs a token, under every kind that has it.
  void ExpectRefused(const std::string& query, std::string_view reply,
                     const json& more = json::object()) {
    for (const EndpointCall& call : AllCalls()) {
      if (!call.needs_token) continue;
      json body = GoodBody(call);
      body.update(more);
      for (const std::string_view area : call.areas) {
        EXPECT_EQ(server_
                      .Send({.method = "POST",
                             .path = fmt::format("/weapp/{}/{}", area, call.endpoint),
                             .query = query,
                             .content_type = "application/json",
                             .body = body.dump()})
                      .body,
                  reply)
            << area << " " << call << "?" << query;
      }
    }
    EXPECT_EQ(server_.sqlite.rooms().Newest()->position, 0U) << "nothing was stored";
  }

  RouterFixture server_{{.auth_mode = GetParam()}};
};

INSTANTIATE_TEST_SUITE_P(Modes, CallersOfEveryEndpoint,
                         testing::Values(AuthMode::kMixed, AuthMode::kToken));

TEST_P(CallersOfEveryEndpoint, GetTheFaultOfAnInvalidToken) {
  ExpectRefused("userID=u1&token=token-of-u2", kTokenWrong);
  ExpectRefused("userID=u1&token=malformed", kTokenMalformed);
  ExpectRefused("userID=u2&token=token-of-u2", kNoSession);
  ExpectRefused("userID=u1&token=other-app", kUnknownApp);
  ExpectRefused("userID=u1", kNoCredentials);
  ExpectRefused("token=token-of-u1", kNoCredentials);
}

TEST_P(CallersOfEveryEndpoint, CannotActForAnotherUser) {
  ExpectRefused("userID=u1&token=token-of-u1", kTokenWrong, {{"userID", "u2"}});
}

/// The code of the reply to a gen-1 call for a member of the room "r1".
int CodeFrom(const RouterFixture& server, const std::string& endpoint, const std::string& user,
             std::string address) {
  const json body = {{"roomID", "r1"},    {"userID", user}, {"userName", "n"},
                     {"userAvatar", "a"}, {"pushURL", "p"}, {"roomName", "x"}};
  return server
      .Send({.method = "POST",
             .path = "/weapp/multi_room/" + endpoint,
             .body = body.dump(),
             .peer_address = std::move(address)})
      .label.code;
}

TEST(BoundCallers, OfGen1MustUseTheirJoiningAddress) {
  const RouterFixture server{{.gen1_bind = true}};
  ASSERT_EQ(CodeFrom(server, "create_room", "u1", "192.0.2.1"), 0);
  EXPECT_EQ(CodeFrom(server, "pusher_heartbeat", "u1", "192.0.2.2"), 5);
  EXPECT_EQ(CodeFrom(server, "delete_pusher", "u1", "192.0.2.2"), 5);
  EXPECT_EQ(CodeFrom(server, "destroy_room", "u1", "192.0.2.2"), 3);
  EXPECT_EQ(CodeFrom(server, "pusher_heartbeat", "u1", "192.0.2.1"), 0);
  EXPECT_EQ(CodeFrom(server, "delete_pusher", "u1", "192.0.2.1"), 0);
}

TEST(BoundCallers, OfGen1MustUseTheAddressOfTheirLatestJoin) {
  const RouterFixture server{{.gen1_bind = true}};
  ASSERT_EQ(CodeFrom(server, "create_room", "host", "192.0.2.1"), 0);
  ASSERT_EQ(CodeFrom(server, "add_pusher", "guest", "192.0.2.1"), 0);
  ASSERT_EQ(CodeFrom(server, "add_pusher", "guest", "192.0.2.2"), 0);
  EXPECT_EQ(CodeFrom(server, "pusher_heartbeat", "guest", "192.0.2.1"), 5);
  EXPECT_EQ(CodeFrom(server, "delete_pusher", "guest", "192.0.2.2"), 0);
}

TEST(BoundCallers, MayUseAnyAddressUnlessTheyAreBound) {
  const RouterFixture server;
  ASSERT_EQ(CodeFrom(server, "create_room", "host", "192.0.2.1"), 0);
  ASSERT_EQ(CodeFrom(server, "add_pusher", "guest", "192.0.2.1"), 0);
  EXPECT_EQ(CodeFrom(server, "pusher_heartbeat", "guest", "192.0.2.2"), 0);
  EXPECT_EQ(CodeFrom(server, "delete_pusher", "guest", "192.0.2.2"), 0);
}

TEST(BoundCallers, OfGen2MayUseAnyAddress) {
  RouterFixture server{{.gen1_bind = true}};
  const json body = {
      {"roomID", "r1"}, {"userID", "u1"}, {"userName", ""}, {"userAvatar", ""}, {"pushURL", ""}};
  ASSERT_EQ(server.CallAs("u1", "multi_room/add_pusher", body)["code"], 0);
  const LabelledReply elsewhere = server.Send({.method = "POST",
                                               .path = "/weapp/multi_room/delete_pusher",
                                               .query = "userID=u1&token=token-of-u1",
                                               .body = body.dump(),
                                               .peer_address = "192.0.2.2"});
  EXPECT_EQ(elsewhere.label.code, 0);
}

struct ModeRow {
  AuthMode mode;
  std::string_view gen1;
  std::string_view gen2;
  std::string_view webrtc;
};

TEST(AuthModes, DetermineServedCallers) {
  const std::string_view gen1_served = R"({"code":5,"message":"您请求的房间成员不存在"})";
  const std::string_view gen2_served = R"({"code":5,"message":"不是房间成员"})";
  const std::string_view webrtc_served = R"({"code":0,"message":"请求成功"})";
  const json body = {{"roomID", "7"}, {"userID", "user"}};
  for (const ModeRow& row : {
           ModeRow{AuthMode::kOpen, gen1_served, gen2_served, webrtc_served},
           ModeRow{AuthMode::kMixed, gen1_served, kNoSession, webrtc_served},
           ModeRow{AuthMode::kToken, kRefused, kNoSession, kRefused},
       }) {
    const RouterFixture server{{.auth_mode = row.mode}};
    const auto post = [&](std::string path, std::string query) {
      return server
          .Send({.method = "POST",
                 .path = std::move(path),
                 .query = std::move(query),
                 .body = body.dump()})
          .body;
    };
    EXPECT_EQ(post("/weapp/multi_room/pusher_heartbeat", ""), row.gen1);
    EXPECT_EQ(post("/weapp/multi_room/pusher_heartbeat", "userID=user&token=t"), row.gen2);
    EXPECT_EQ(post("/weapp/webrtc_room/heartbeat", ""), row.webrtc);
    EXPECT_EQ(post("/webrtc/weapp/webrtc_room/heartbeat", ""), row.webrtc);
  }
}

TEST(AuthModes, ServeCallersWithAToken) {
  for (const AuthMode mode : {AuthMode::kMixed, AuthMode::kToken}) {
    RouterFixture server{{.auth_mode = mode}};
    EXPECT_EQ(server.CallAs("u1", "multi_room/get_room_list", {{"cnt", 1}, {"index", 0}})["code"],
              0);
  }
}

TEST(AuthModes, AllowGen1LoginOnlyIfGen1IsServed) {
  RouterFixture server{{.auth_mode = AuthMode::kToken, .gen1_login = true}};
  EXPECT_EQ(
      server.Send({.method = "POST", .path = "/weapp/live_room/login", .query = "userID=u1"}).body,
      kRefused);
}

TEST(AuthModes, TrustTheClaimedUserInOpenModeOnly) {
  const RouterFixture server{{.auth_mode = AuthMode::kOpen}};
  const auto post = [&](const std::string& endpoint, const json& body) {
    return json::parse(server
                           .Send({.method = "POST",
                                  .path = "/weapp/live_room/" + endpoint,
                                  .query = "userID=u1",
                                  .body = body.dump()})
                           .body)["code"];
  };
  EXPECT_EQ(post("add_pusher", {{"roomID", "r1"},
                                {"userID", "u1"},
                                {"userName", ""},
                                {"userAvatar", ""},
                                {"pushURL", ""}}),
            0);
  EXPECT_EQ(post("set_custom_field",
                 {{"roomID", "r1"}, {"fieldName", "a"}, {"operation", "set"}, {"value", 1}}),
            0);
}

}  // namespace
}  // namespace rtcroom
