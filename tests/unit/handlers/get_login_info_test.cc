// GET utils/get_login_info (protocol B.7).
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

constexpr std::string_view kFresh =
    R"({"code":0,"message":"请求成功","userID":"user_00000001_0000","sdkAppID":1400000001,)"
    R"("accType":"0","accountType":"0","userSig":"sig-of-user_00000001_0000"})";

LabelledReply Get(const RouterFixture& server, std::string query) {
  return server.Send({.method = "GET",
                      .path = "/weapp/utils/get_login_info",
                      .query = std::move(query),
                      .peer_address = "192.0.2.1"});
}

std::string UserIdOf(const LabelledReply& reply) {
  return nlohmann::json::parse(reply.body).value("userID", "");
}

TEST(GetLoginInfo, IsServedWithUtilsDisabled) {
  const RouterFixture server;
  EXPECT_EQ(Get(server, "").body, kFresh);
}

TEST(GetLoginInfo, IsServedInTokenModeToo) {
  const RouterFixture server{{.auth_mode = AuthMode::kToken}};
  EXPECT_EQ(Get(server, "").body, kFresh);
}

TEST(GetLoginInfo, IgnoresTheIdThatTheCallerClaims) {
  for (const char* query :
       {"userID=somebody", "userID=", "userID=undefined", "userID=a%20b", "userIDPrefix=weixin"}) {
    const RouterFixture server;
    EXPECT_EQ(Get(server, query).body, kFresh) << query;
  }
}

TEST(GetLoginInfo, ReturnsTheOpenidOfACodeForAnyPrefix) {
  for (const char* query : {"userIDPrefix=weixin&code=c%2B1", "code=c%2B1", "code=c%2B1&code=c2"}) {
    RouterFixture server;
    server.codes.answer = {.outcome = CodeExchangeOutcome::kOk, .openid = "openid-1"};
    EXPECT_EQ(UserIdOf(Get(server, query)), "openid-1") << query;
    EXPECT_EQ(server.codes.asked(), std::vector<std::string>{"c+1"}) << "decoded once: " << query;
  }
}

TEST(GetLoginInfo, NeverReturnsTheSessionKey) {
  RouterFixture server{{}, {.expose_session_key = true}};
  server.codes.answer = {
      .outcome = CodeExchangeOutcome::kOk, .openid = "openid-1", .session_key = Secret("session")};
  EXPECT_EQ(Get(server, "code=c1").body.find("session"), std::string::npos);
}

TEST(GetLoginInfo, AnswersAfterThePlatform) {
  RouterFixture server;
  server.codes.hangs = true;
  server.codes.answer = {.outcome = CodeExchangeOutcome::kOk, .openid = "openid-1"};
  const auto pending =
      server.Begin({.method = "GET", .path = "/weapp/utils/get_login_info", .query = "code=c1"});
  EXPECT_EQ(pending->times_sent(), 0);
  server.codes.AnswerAll();
  ASSERT_EQ(pending->times_sent(), 1);
  EXPECT_EQ(UserIdOf({.body = pending->reply()->body}), "openid-1");
}

TEST(GetLoginInfo, FallsBackToAGeneratedIdForABadCode) {
  RouterFixture server;
  server.codes.answer = {.outcome = CodeExchangeOutcome::kBadCode};
  EXPECT_EQ(Get(server, "code=c1").body, kFresh);
}

TEST(GetLoginInfo, RefusesARiskyUserWithCode7) {
  RouterFixture server;
  server.codes.answer = {.outcome = CodeExchangeOutcome::kRefused};
  const LabelledReply reply = Get(server, "code=c1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.label.code, 7);
  EXPECT_EQ(reply.body, R"({"code":7,"message":"鉴权失败"})");
}

TEST(GetLoginInfo, SignsForTheClaimedIdIfTrusted) {
  const RouterFixture server{{}, {.trust_userid = true}};
  EXPECT_EQ(UserIdOf(Get(server, "userID=somebody")), "somebody");
  EXPECT_EQ(UserIdOf(Get(server, "userID=first&userID=second")), "first");
  EXPECT_EQ(UserIdOf(Get(server, "userID=%61b")), "ab") << "decoded once";
  EXPECT_EQ(UserIdOf(Get(server, "userID=")), "user_00000001_0000");
}

TEST(GetLoginInfo, IgnoresTrustInImuseridForUserId) {
  const RouterFixture server{{}, {.trust_imuserid = true}};
  EXPECT_EQ(UserIdOf(Get(server, "userID=somebody")), "user_00000001_0000");
}

TEST(GetLoginInfo, NeverSignsForAdministratorDeniedOrInvalidIds) {
  const RouterFixture server{
      {}, {.trust_userid = true, .administrator = {"administrator"}, .deny_user_ids = {{"root"}}}};
  for (const std::string& user :
       {std::string("administrator"), std::string("root"), std::string(33, 'u'),
        std::string("a%20b"), std::string("a+b"), std::string("a%252Fb"), std::string("%E4%BA%BA"),
        std::string("@TGS%231")}) {
    const LabelledReply reply = Get(server, "userID=" + user);
    EXPECT_EQ(reply.label.code, 1) << user;
    EXPECT_EQ(reply.label.failure_detail, "userID: not an identity that is signed for") << user;
    EXPECT_EQ(reply.body.find("sig-of"), std::string::npos) << user;
  }
}

TEST(GetLoginInfo, ReportsTheFaultOfAQuery) {
  const RouterFixture server;
  EXPECT_EQ(Get(server, "code=%FF").label.failure_detail, "query: not valid UTF-8");
  EXPECT_EQ(Get(server, "code=a%00").label.failure_detail, "query: holds a NUL");
  EXPECT_EQ(Get(server, "code=" + std::string(1025, 'c')).label.failure_detail, "code: too long");
  EXPECT_EQ(Get(server, "code=%FF").label.code, 1);
}

TEST(GetLoginInfo, ReturnsInternalErrorWithoutAKey) {
  RouterFixture server;
  server.signer.configured = false;
  EXPECT_EQ(Get(server, "").label.code, 6);
}

TEST(GetLoginInfo, IsRateLimitedByAddress) {
  RouterFixture server;
  server.admission.refused_addresses = {"192.0.2.1"};
  const LabelledReply reply = Get(server, "");
  EXPECT_EQ(reply.label.code, 6);
  EXPECT_EQ(reply.label.failure, Errc::kTooManyRequests);
}

}  // namespace
}  // namespace rtcroom
