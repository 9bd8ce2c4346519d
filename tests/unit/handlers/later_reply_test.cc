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

#include "handlers/rooms/reply.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::Pair;

class LaterReply : public testing::Test {
 protected:
  LaterReply() { server_.codes.hangs = true; }

  void Login(Router& router, std::string body = R"({"userIDPrefix":"weixin","code":"c1"})") {
    Handle(router,
           {.method = "POST",
            .path = "/weapp/multi_room/get_im_login_info",
            .content_type = "application/json",
            .origin = "https://a.example",
            .body = std::move(body)},
           reply_);
  }
  void Login() { Login(server_.router); }
  void Resolve(CodeExchangeResult result) {
    server_.codes.answer = std::move(result);
    server_.codes.AnswerAll();
  }

  RouterFixture server_{{}, {}, {}, {"https://a.example"}};
  const std::shared_ptr<RecordedReply> reply_ = std::make_shared<RecordedReply>();
};

TEST_F(LaterReply, IsSentAfterThePlatformAnswers) {
  Login();
  EXPECT_EQ(reply_->times_sent(), 0);

  Resolve({.outcome = CodeExchangeOutcome::kOk, .openid = "openid-1"});
  ASSERT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(reply_->reply()->body,
            R"({"code":0,"message":"请求成功","userID":"openid-1","sdkAppID":1400000001,)"
            R"("accType":"0","accountType":"0","userSig":"sig-of-openid-1"})");
}

TEST_F(LaterReply, HasALabelAndCorsHeaders) {
  Login();
  Resolve({.outcome = CodeExchangeOutcome::kRefused});
  const std::optional<HttpReply> reply = reply_->reply();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(reply->headers, Contains(Pair("Access-Control-Allow-Origin", "https://a.example")));
  EXPECT_EQ(server_.recorded.label().endpoint, "get_im_login_info");
  EXPECT_EQ(server_.recorded.label().kind, RoomKind::kMulti);
  EXPECT_EQ(server_.recorded.label().dialect, Dialect::kGen1);
  EXPECT_EQ(server_.recorded.label().code, 1);
  EXPECT_EQ(server_.recorded.label().failure, Errc::kBadRequest);
}

TEST_F(LaterReply, MayBeSentFromAnotherThread) {
  Login();
  std::jthread([this] { Resolve({.outcome = CodeExchangeOutcome::kBadCode}); }).join();
  ASSERT_TRUE(reply_->reply().has_value());
  EXPECT_EQ(server_.recorded.label().code, 0);
}

TEST_F(LaterReply, MayBeSentBeforeTheHandlerReturns) {
  Login(server_.router, R"({"userIDPrefix":"web"})");
  ASSERT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(server_.recorded.label().code, 0);
}

TEST_F(LaterReply, ReportsFieldErrors) {
  Login(server_.router, R"({"code":"c1"})");
  ASSERT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(reply_->reply()->body,
            R"({"code":1,"message":"请求参数错误","detail":"userIDPrefix: missing"})");
}

TEST_F(LaterReply, IsSentImmediatelyIfNoHandlerRuns) {
  Login(server_.router, "[]");
  EXPECT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(server_.recorded.label().code, 1);
  server_.admission.refused_addresses = {""};
  Login();
  EXPECT_EQ(reply_->times_sent(), 2);
  EXPECT_EQ(server_.recorded.label().failure, Errc::kTooManyRequests);
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
  Router router(server_.ServicesWith(logins), {}, server_.pipeline);
  Login(router);
  ASSERT_EQ(reply_->times_sent(), 1);
  const std::optional<HttpReply> reply = reply_->reply();
  EXPECT_EQ(reply->body, R"({"code":6,"message":"服务器内部错误"})");
  EXPECT_EQ(server_.recorded.label().endpoint, "get_im_login_info");
  EXPECT_EQ(server_.recorded.label().failure, Errc::kInternal);
  EXPECT_EQ(server_.recorded.label().failure_detail.find("secret"), std::string::npos);
  EXPECT_NE(server_.recorded.label().failure_detail, "");

  // The platform answers nevertheless.
  codes.done({.outcome = CodeExchangeOutcome::kBadCode});
  EXPECT_EQ(reply_->times_sent(), 1);
}

TEST_F(LaterReply, IsReleasedWhenSent) {
  Login();
  EXPECT_GT(reply_.use_count(), 1);
  Resolve({.outcome = CodeExchangeOutcome::kBadCode});
  EXPECT_EQ(reply_.use_count(), 1);
}

TEST_F(LaterReply, IgnoresFurtherAnswers) {
  HttpRequest request;
  Responder responder(reply_, 0);
  Call call{.http = request, .responder = responder, .label = {.endpoint = "get_pushers"}};
  const Answer answer(call, server_.recorder, {}, BusyReply::kAsAnyFailure);
  answer(Reply::Success());
  answer(Reply::Failure({Errc::kInternal, "late"}));
  EXPECT_EQ(reply_->times_sent(), 1);
  EXPECT_EQ(server_.recorded.count(), 1);
  EXPECT_EQ(server_.recorded.label().code, 0);
}

TEST_F(LaterReply, IsAbandonedWhenTheLastAnswerIsDropped) {
  {
    HttpRequest request;
    Responder responder(reply_, 0);
    Call call{.http = request, .responder = responder};
    const Answer answer(call, server_.recorder, {}, BusyReply::kAsAnyFailure);
    EXPECT_FALSE(reply_->is_abandoned());
  }
  EXPECT_TRUE(reply_->is_abandoned());
}

}  // namespace
}  // namespace rtcroom
