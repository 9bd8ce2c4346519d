// get_im_login_info and get_push_url (protocol A.4.1, A.4.2).
#include <string>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

std::string LoginReply(const RouterFixture& server, std::string body) {
  return server.Post("/weapp/double_room/get_im_login_info", std::move(body)).body;
}

TEST(GetImLoginInfo, ReturnsAGeneratedIdWithATicket) {
  const RouterFixture server{{.account_type = "36862"}};
  EXPECT_EQ(LoginReply(server, R"({"userIDPrefix":"weixin"})"),
            R"({"code":0,"message":"请求成功","userID":"user_00000001_0000",)"
            R"("sdkAppID":1400000001,"accType":"36862","accountType":"36862",)"
            R"("userSig":"sig-of-user_00000001_0000"})");
}

TEST(GetImLoginInfo, ReturnsTheOpenidWithoutTheSessionKey) {
  RouterFixture server;
  server.codes.answer = {
      .outcome = CodeExchangeOutcome::kOk, .openid = "openid-1", .session_key = Secret("session")};
  EXPECT_EQ(LoginReply(server, R"({"userIDPrefix":"weixin","code":"c1"})"),
            R"({"code":0,"message":"请求成功","userID":"openid-1","sdkAppID":1400000001,)"
            R"("accType":"0","accountType":"0","userSig":"sig-of-openid-1"})");
}

TEST(GetImLoginInfo, ReturnsTheSessionKeyIfConfigured) {
  RouterFixture server{{}, {.expose_session_key = true}};
  server.codes.answer = {
      .outcome = CodeExchangeOutcome::kOk, .openid = "openid-1", .session_key = Secret("session")};
  EXPECT_EQ(LoginReply(server, R"({"userIDPrefix":"weixin","code":"c1"})"),
            R"({"code":0,"message":"请求成功","userID":"openid-1","sdkAppID":1400000001,)"
            R"("accType":"0","accountType":"0","userSig":"sig-of-openid-1",)"
            R"("sessionKey":"session"})");
}

TEST(GetImLoginInfo, UsesImuseridOnlyIfTrusted) {
  const RouterFixture open{{}, {.trust_imuserid = true}};
  EXPECT_NE(LoginReply(open, R"({"userIDPrefix":"x","imuserid":"me"})").find("sig-of-me"),
            std::string::npos);
  EXPECT_NE(LoginReply(open, R"({"userIDPrefix":"x","imuserid":17})").find("sig-of-17"),
            std::string::npos);
  const RouterFixture closed;
  EXPECT_EQ(LoginReply(closed, R"({"userIDPrefix":"x","imuserid":"me"})").find("sig-of-me"),
            std::string::npos);
}

TEST(GetImLoginInfo, RefusesIdentitiesThatAreNeverSignedFor) {
  const RouterFixture server{{}, {.trust_imuserid = true, .administrator = {"administrator"}}};
  for (const std::string& user : {std::string("administrator"), std::string(33, 'u')}) {
    EXPECT_EQ(LoginReply(server, R"({"userIDPrefix":"x","imuserid":")" + user + "\"}"),
              R"({"code":1,"message":"请求参数错误",)"
              R"("detail":"imuserid: not an identity that is signed for"})");
  }
}

TEST(GetImLoginInfo, ReturnsInternalErrorWithoutAKey) {
  RouterFixture server;
  server.signer.configured = false;
  EXPECT_EQ(LoginReply(server, R"({"userIDPrefix":"weixin"})"),
            R"({"code":6,"message":"服务器内部错误"})");
}

TEST(GetPushUrl, ReturnsTheUrlOfTheUsersStream) {
  const RouterFixture server;
  for (const char* kind : {"double_room", "multi_room", "live_room"}) {
    EXPECT_EQ(
        server.Post(std::string("/weapp/") + kind + "/get_push_url", R"({"userID":"u1"})").body,
        R"({"code":0,"message":"请求成功","pushURL":"rtmp://push/live/u1"})");
  }
}

TEST(GetPushUrl, BindsTheUrlToTheNamedRoom) {
  const RouterFixture server;
  EXPECT_EQ(server.Post("/weapp/multi_room/get_push_url", R"({"userID":"u1","roomID":"r1"})").body,
            R"({"code":0,"message":"请求成功","pushURL":"rtmp://push/live/u1?room=r1"})");
}

/// Without a configured push host.
class NoStreams : public FakeStreams {
 public:
  Result<std::string> PushUrl(std::string_view /*stream*/, TimePoint /*now*/) const override {
    return Error{Errc::kUnavailable, "live.push_host: not set"};
  }
};

TEST(GetPushUrl, ReturnsInternalErrorWithoutAPushHost) {
  RouterFixture server;
  const NoStreams streams;
  Router router(server.ServicesWith(streams), {}, server.pipeline);
  const LabelledReply reply = AnswerOf(
      router, server.recorded,
      {.method = "POST", .path = "/weapp/live_room/get_push_url", .body = R"({"userID":"u1"})"});
  EXPECT_EQ(reply.body, R"({"code":6,"message":"服务器内部错误"})");
  EXPECT_EQ(reply.label.failure_detail, "live.push_host: not set");
}

}  // namespace
}  // namespace rtcroom
