// POST utils/get_login_info (protocol A.5).
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

class PostLoginInfo : public testing::Test {
 protected:
  PostLoginInfo() { server_.utils.SwitchOn(); }

  LabelledReply Post(std::string body) {
    return server_.Post("/weapp/utils/get_login_info", std::move(body));
  }
  std::string DetailOf(std::string body) {
    const LabelledReply reply = Post(std::move(body));
    EXPECT_EQ(reply.label.code, 1);
    return reply.label.failure_detail;
  }
  /// The expiry time of a signature valid for `time` seconds from now.
  std::int64_t TxTimeFor(const std::string& time) {
    return nlohmann::json::parse(Post(R"({"userID":"u1","time":)" + time + "}").body)
        .value("txTime", std::int64_t{0});
  }

  static constexpr std::int64_t kNow = 1'700'000'000;
  RouterFixture server_;
};

TEST_F(PostLoginInfo, SignsForTheRequestedTime) {
  EXPECT_EQ(Post(R"({"time":3600,"userID":"user_0001"})").body,
            R"({"code":0,"message":"请求成功","userID":"user_0001","txTime":1700003600,)"
            R"("sign":"sign-of-user_0001-until-1700003600"})");
}

TEST_F(PostLoginInfo, AcceptsTheTimeAsANumberOrADecimalString) {
  EXPECT_EQ(TxTimeFor("60"), kNow + 60);
  EXPECT_EQ(TxTimeFor("60.0"), kNow + 60);
  EXPECT_EQ(TxTimeFor("\"60\""), kNow + 60);
}

TEST_F(PostLoginInfo, SignsForADayAtMost) {
  EXPECT_EQ(TxTimeFor("86400"), kNow + 86'400);
  EXPECT_EQ(TxTimeFor("86401"), kNow + 86'400);
  EXPECT_EQ(TxTimeFor("\"99999999999999999999999\""), kNow + 86'400);
}

TEST_F(PostLoginInfo, RefusesAUserIdThatBeginsWithADigit) {
  for (const char* user : {R"("1")", R"("9user")", "7"}) {
    EXPECT_EQ(DetailOf(std::string(R"({"time":60,"userID":)") + user + "}"),
              "userID: begins with a digit")
        << user;
  }
}

TEST_F(PostLoginInfo, ReturnsInternalErrorWithoutAKey) {
  server_.utils.login_info.configured = false;
  EXPECT_EQ(Post(R"({"time":60,"userID":"u1"})").label.code, 6);
}

TEST_F(PostLoginInfo, RefusesUnauthenticatedCallersUnlessOpen) {
  server_.utils.services.open_login_info = false;
  for (const char* body : {R"({"time":60,"userID":"u1"})", "{}"}) {
    const LabelledReply reply = Post(body);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, R"({"code":7,"message":"鉴权失败","detail":"token: missing or wrong"})");
  }
}

TEST_F(PostLoginInfo, AnswersAuthenticatedCallers) {
  server_.utils.services.enabled = false;
  server_.utils.services.open_login_info = false;
  static_cast<void>(server_.sessions.LoginTrusted({"u1"}));
  const auto post = [&](const std::string& user, const std::string& token) {
    return server_
        .Send({.method = "POST",
               .path = "/weapp/utils/get_login_info",
               .query = "userID=u1&token=" + token,
               .content_type = "application/json",
               .body = R"({"time":60,"userID":")" + user + "\"}",
               .peer_address = "192.0.2.1"})
        .label.failure;
  };
  EXPECT_EQ(post("u1", FakeSessions::TokenOf("u1")), std::nullopt);
  EXPECT_EQ(post("u2", FakeSessions::TokenOf("u1")), Errc::kUnauthorized)
      << "the server signs only for the caller";
  EXPECT_EQ(post("u1", "malformed"), Errc::kUnauthorized);
}

}  // namespace
}  // namespace rtcroom
