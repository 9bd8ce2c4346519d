// login and logout (protocol A.4.11, B.1).
#include <string>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

std::string PostTo(const RouterFixture& server, const std::string& endpoint, std::string query,
                   std::string body = "{}") {
  return server
      .Send({.method = "POST",
             .path = "/weapp/double_room/" + endpoint,
             .query = std::move(query),
             .content_type = "application/json",
             .body = std::move(body)})
      .body;
}

constexpr const char* kTicket = "sdkAppID=1400000001&accountType=36862&userID=u1&userSig=eJy-*_";

TEST(Login, ReturnsATokenAndTheUser) {
  const RouterFixture server;
  for (const char* body : {"{}", ""}) {
    EXPECT_EQ(PostTo(server, "login", kTicket, body),
              R"({"code":0,"message":"请求成功","token":"token-of-u1","userID":"u1"})");
  }
}

TEST(Login, ReturnsATokenValidForEveryKind) {
  const RouterFixture server;
  PostTo(server, "login", kTicket);
  const LabelledReply reply = server.Send({.method = "POST",
                                           .path = "/weapp/live_room/get_room_list",
                                           .query = "userID=u1&token=token-of-u1",
                                           .body = R"({"cnt":1,"index":0})"});
  EXPECT_EQ(reply.label.code, 0);
}

TEST(Login, PassesQueryParametersDecodedOnce) {
  const RouterFixture server;
  PostTo(server, "login", "sdkAppID=1&accountType=&userID=u%2D1&userSig=a%2Ab&userSig=c");
  PostTo(server, "login", "userSig=s");
  ASSERT_EQ(server.sessions.commands().size(), 2U);
  const SessionLoginCommand full = server.sessions.commands()[0];
  EXPECT_EQ(full.sdk_app_id, "1");
  EXPECT_EQ(full.account_type, "");
  EXPECT_EQ(full.user_id.value, "u-1");
  EXPECT_EQ(full.user_sig, "a*b");
  const SessionLoginCommand bare = server.sessions.commands()[1];
  EXPECT_EQ(bare.sdk_app_id, "");
  EXPECT_EQ(bare.account_type, "");
  EXPECT_EQ(bare.user_id.value, "");
}

TEST(Login, ReportsTheFaultOfATicket) {
  struct Row {
    LoginOutcome outcome;
    std::string_view result;
  };
  for (const Row& row : {
           Row{LoginOutcome::kMissingParameter,
               "请求参数不全，请检查sdkAppID，accountType，userID，userSig参数是否都存在"},
           Row{LoginOutcome::kMalformed, "userSig 格式不正确"},
           Row{LoginOutcome::kWrongApp, "sdkAppID 和userSig中的信息不一致"},
           Row{LoginOutcome::kWrongUser, "userID 和userSig中的信息不一致"},
           Row{LoginOutcome::kExpired, "userSig过期"},
           Row{LoginOutcome::kBadSignature, "签名验证失败"},
       }) {
    RouterFixture server;
    server.sessions.fault = row.outcome;
    EXPECT_EQ(PostTo(server, "login", kTicket),
              R"({"code":7,"message":"鉴权失败","result":")" + std::string(row.result) + "\"}");
  }
}

TEST(Login, ReturnsInternalErrorIfTheStoreFails) {
  RouterFixture server;
  server.sessions.failure = Error{Errc::kStoreBusy, "full"};
  EXPECT_EQ(PostTo(server, "login", kTicket), R"({"code":6,"message":"服务器内部错误"})");
}

TEST(Login, ReturnsGatewayTimeoutIfItIsUnknownWhetherTheSessionIsStored) {
  RouterFixture server;
  server.sessions.failure = Error{Errc::kOutcomeUnknown, "lost"};
  const LabelledReply reply = server.Send(
      {.method = "POST", .path = "/weapp/double_room/login", .query = std::string(kTicket)});
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(reply.body, R"({"code":6,"message":"服务器内部错误"})");
}

TEST(Logout, EndsTheSession) {
  RouterFixture server;
  static_cast<void>(server.sessions.LoginTrusted({"u1"}));
  const char* query = "userID=u1&token=token-of-u1";
  EXPECT_EQ(PostTo(server, "logout", query), R"({"code":0,"message":"请求成功"})");
  EXPECT_EQ(PostTo(server, "logout", query),
            R"({"code":7,"message":"鉴权失败 错误码:3 错误信息:用户未登录或token过期"})");
}

TEST(Logout, RequiresTheTokenOfTheUser) {
  RouterFixture server;
  static_cast<void>(server.sessions.LoginTrusted({"u1"}));
  EXPECT_EQ(PostTo(server, "logout", "userID=u1&token=t"),
            R"({"code":7,"message":"鉴权失败 错误码:1 错误信息:token 错误"})");
  EXPECT_EQ(server.sessions.Check("u1", "token-of-u1"), TokenOutcome::kOk);
}

TEST(Logout, ReturnsInternalErrorIfTheStoreFails) {
  RouterFixture server;
  static_cast<void>(server.sessions.LoginTrusted({"u1"}));
  server.sessions.failure = Error{Errc::kStoreBroken, "disk"};
  EXPECT_EQ(PostTo(server, "logout", "userID=u1&token=token-of-u1"),
            R"({"code":6,"message":"服务器内部错误"})");
}

TEST(Logout, SucceedsWithoutAToken) {
  const RouterFixture server;
  EXPECT_EQ(PostTo(server, "logout", ""), R"({"code":0,"message":"请求成功"})");
}

TEST(Gen1Login, IsRefusedByDefault) {
  const RouterFixture server;
  constexpr std::string_view kNotServed =
      R"({"code":7,"message":"鉴权失败","detail":"login: gen-1 is not served, see auth.gen1_login"})";
  EXPECT_EQ(PostTo(server, "login", "userID=u1"), kNotServed);
  EXPECT_EQ(PostTo(server, "login", ""), kNotServed);
}

TEST(Gen1Login, ReturnsATokenAndATicket) {
  RouterFixture server{{.account_type = "36862", .gen1_login = true}};
  EXPECT_EQ(PostTo(server, "login", "userID=u1"),
            R"({"code":0,"message":"请求成功","token":"token-of-u1","userID":"u1",)"
            R"("sdkAppID":1400000001,"accType":"36862","accountType":"36862",)"
            R"("userSig":"sig-of-u1"})");
  EXPECT_EQ(server.sessions.Check("u1", "token-of-u1"), TokenOutcome::kOk);
}

TEST(Gen1Login, RequiresAUserThatIsSignedFor) {
  const RouterFixture server{{.gen1_login = true},
                             {.administrator = {"administrator"}, .deny_user_ids = {{"boss"}}}};
  for (const char* query : {"", "userID=", "x=y"}) {
    EXPECT_EQ(PostTo(server, "login", query),
              R"({"code":1,"message":"请求参数错误","detail":"userID: missing"})")
        << query;
  }
  for (const std::string& user : {std::string("administrator"), std::string("boss"),
                                  std::string("a%2Fb"), std::string(33, 'u'), std::string("%ff")}) {
    EXPECT_EQ(PostTo(server, "login", "userID=" + user),
              R"({"code":1,"message":"请求参数错误",)"
              R"("detail":"userID: not an identity that is signed for"})")
        << user;
  }
}

}  // namespace
}  // namespace rtcroom
