// Replies sent after their handler has returned: get_im_login_info waits for the platform.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/later_answer.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::Pair;

class LaterReply : public testing::Test {
 protected:
  LaterReply() { server_.codes.hangs = true; }

  std::optional<HttpReply> Login(const Router& router,
                                 std::string body = R"({"userIDPrefix":"weixin","code":"c1"})") {
    return router.Handle({.method = "POST",
                          .path = "/weapp/multi_room/get_im_login_info",
                          .content_type = "application/json",
                          .origin = "https://a.example",
                          .body = std::move(body)},
                         [this] {
                           ++times_deferred_;
                           return reply_;
                         });
  }
  void Answer(CodeExchangeResult result) {
    server_.codes.answer = std::move(result);
    server_.codes.AnswerAll();
  }

  RouterFixture server_{{.cors_origins = {"https://a.example"}}};
  int times_deferred_ = 0;
  const std::shared_ptr<RecordedReply> reply_ = std::make_shared<RecordedReply>();
};

TEST_F(LaterReply, ComesWhenThePlatformHasAnswered) {
  EXPECT_EQ(Login(server_.router), std::nullopt);
  EXPECT_EQ(times_deferred_, 1);
  EXPECT_EQ(reply_->times_sent(), 0);

  Answer({.outcome = CodeExchangeOutcome::kOk, .openid = "openid-1"});
  ASSERT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(reply_->reply()->body,
            R"({"code":0,"message":"请求成功","userID":"openid-1","sdkAppID":1400000001,)"
            R"("accType":"0","accountType":"0","userSig":"sig-of-openid-1"})");
}

TEST_F(LaterReply, IsLabelledAndOpenToOtherOriginsLikeAnyOther) {
  EXPECT_EQ(Login(server_.router), std::nullopt);
  Answer({.outcome = CodeExchangeOutcome::kRefused});
  const std::optional<HttpReply> reply = reply_->reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(reply->headers, Contains(Pair("Access-Control-Allow-Origin", "https://a.example")));
  EXPECT_EQ(reply->label.endpoint, "get_im_login_info");
  EXPECT_EQ(reply->label.kind, RoomKind::kMulti);
  EXPECT_EQ(reply->label.dialect, Dialect::kGen1);
  EXPECT_EQ(reply->label.code, 1);
  EXPECT_EQ(reply->label.failure, Errc::kBadRequest);
}

TEST_F(LaterReply, MayComeFromAnotherThread) {
  EXPECT_EQ(Login(server_.router), std::nullopt);
  std::jthread([this] { Answer({.outcome = CodeExchangeOutcome::kBadCode}); }).join();
  ASSERT_TRUE(reply_->reply().has_value());
  EXPECT_EQ(reply_->reply()->label.code, 0);
}

TEST_F(LaterReply, MayComeBeforeTheHandlerReturns) {
  EXPECT_EQ(Login(server_.router, R"({"userIDPrefix":"web"})"), std::nullopt);
  ASSERT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(reply_->reply()->label.code, 0);
}

TEST_F(LaterReply, TellsAFaultOfTheFields) {
  EXPECT_EQ(Login(server_.router, R"({"code":"c1"})"), std::nullopt);
  ASSERT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(reply_->reply()->body,
            R"({"code":1,"message":"请求参数错误","detail":"userIDPrefix: missing"})");
}

TEST_F(LaterReply, IsNotAskedForWhereNoHandlerRuns) {
  const std::optional<HttpReply> unreadable = Login(server_.router, "[]");
  EXPECT_EQ(unreadable->label.code, 1);
  server_.admission.refused_addresses = {""};
  const std::optional<HttpReply> refused = Login(server_.router);
  EXPECT_EQ(refused->label.failure, Errc::kTooManyRequests);
  EXPECT_EQ(times_deferred_, 0);
}

/// A code exchange that throws after it has started.
class ThrowingCodes : public CodeExchange {
 public:
  std::function<void(CodeExchangeResult)> done;

  void Exchange(const std::string& /*code*/,
                std::function<void(CodeExchangeResult)> when_done) override {
    done = std::move(when_done);
    throw std::runtime_error("secret of the user");
  }
};

TEST_F(LaterReply, IsAnInternalErrorWhenTheHandlerThrows) {
  ThrowingCodes codes;
  LoginService logins(codes, server_.signer, server_.clock, server_.ids, server_.admission, {});
  const Router router(server_.ServicesWith(logins), {});
  EXPECT_EQ(Login(router), std::nullopt);
  ASSERT_EQ(reply_->times_sent(), 1);
  const std::optional<HttpReply> reply = reply_->reply();
  EXPECT_EQ(reply->body, R"({"code":6,"message":"服务器内部错误"})");
  EXPECT_EQ(reply->label.endpoint, "get_im_login_info");
  EXPECT_EQ(reply->label.failure, Errc::kInternal);
  EXPECT_EQ(reply->label.failure_detail.find("secret"), std::string::npos);
  EXPECT_NE(reply->label.failure_detail, "");

  // The platform answers nevertheless.
  codes.done({.outcome = CodeExchangeOutcome::kBadCode});
  EXPECT_EQ(reply_->times_sent(), 1);
}

TEST_F(LaterReply, IsLetGoOfWhenItIsSent) {
  EXPECT_EQ(Login(server_.router), std::nullopt);
  EXPECT_GT(reply_.use_count(), 1);
  Answer({.outcome = CodeExchangeOutcome::kBadCode});
  EXPECT_EQ(reply_.use_count(), 1);
}

TEST(LaterAnswer, CountsTheFirstOnly) {
  const auto reply = std::make_shared<RecordedReply>();
  LaterAnswer answer(reply, {.endpoint = "get_pushers"}, {}, {});
  answer.Send(Reply::Success());
  answer.Send(Reply::Failure({Errc::kInternal, "late"}));
  EXPECT_EQ(reply->times_sent(), 1);
  EXPECT_EQ(reply->reply()->label.code, 0);
}

}  // namespace
}  // namespace rtcroom
