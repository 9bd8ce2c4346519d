#include "daemon/auth/wechat_code_exchange.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/support/awaited.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/unexpected_http.h"

namespace rtcroom {
namespace {

constexpr const char* kGoodAnswer =
    R"({"openid":"oAbc-12_Z","session_key":"c2Vzc2lvbg==","unionid":"u1"})";

/// Returns the scripted answers in order, then times out.
class ScriptedHttp : public UnexpectedHttp {
 public:
  Result<OutgoingReply> Get(const std::string& base_url, const std::string& path_and_query,
                            std::chrono::milliseconds timeout) override {
    asked.push_back(base_url + path_and_query);
    timeouts.push_back(timeout);
    if (replies.empty()) return Error{failure, "no answer in time"};
    OutgoingReply reply = replies.front();
    replies.pop_front();
    return reply;
  }

  std::deque<OutgoingReply> replies;
  Errc failure = Errc::kUnavailable;
  std::vector<std::string> asked;
  std::vector<std::chrono::milliseconds> timeouts;
};

WechatOptions Wechat() {
  return {.base_url = "https://wechat.test",
          .app_id = "wx0123456789abcdef",
          .secret = Secret("the&secret"),
          .timeout = std::chrono::seconds(3)};
}

CodeExchangeResult ResultOf(WechatCodeExchange& exchange, const std::string& code) {
  Awaited<CodeExchangeResult> result;
  exchange.Exchange(code, result.Callback());
  return result.Get();
}

class WechatCodeExchangeTest : public testing::Test {
 protected:
  CodeExchangeResult Exchange(const std::string& code = "the-code") {
    return ResultOf(exchange_, code);
  }
  CodeExchangeOutcome OutcomeOf(const std::string& body, int status = 200) {
    http_.replies = {{status, body}};
    return Exchange().outcome;
  }

  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kDebug, log_.file()};
  const FakeClock clock_;
  ScriptedHttp http_;
  CallPool calls_{clock_, logger_};
  WechatCodeExchange exchange_{Wechat(), http_, calls_, logger_};
};

TEST_F(WechatCodeExchangeTest, SendsTheDocumentedRequest) {
  Exchange("the code/1");
  ASSERT_EQ(http_.asked.size(), 1u);
  EXPECT_EQ(http_.asked[0],
            "https://wechat.test/sns/jscode2session?appid=wx0123456789abcdef"
            "&secret=the%26secret&js_code=the%20code%2F1&grant_type=authorization_code");
  EXPECT_EQ(http_.timeouts[0], std::chrono::seconds(3));
}

TEST_F(WechatCodeExchangeTest, ReturnsOpenidAndSessionKey) {
  http_.replies = {{200, kGoodAnswer}};
  const CodeExchangeResult result = Exchange();
  EXPECT_EQ(result.outcome, CodeExchangeOutcome::kOk);
  EXPECT_EQ(result.openid, "oAbc-12_Z");
  EXPECT_EQ(result.session_key, Secret("c2Vzc2lvbg=="));
}

TEST_F(WechatCodeExchangeTest, TreatsErrcodeZeroAsSuccess) {
  EXPECT_EQ(OutcomeOf(R"({"errcode":0,"errmsg":"ok","openid":"o1","session_key":"k"})"),
            CodeExchangeOutcome::kOk);
}

TEST_F(WechatCodeExchangeTest, AcceptsAnOpenidWithoutASessionKey) {
  EXPECT_EQ(OutcomeOf(R"({"openid":"o1"})"), CodeExchangeOutcome::kOk);
}

TEST_F(WechatCodeExchangeTest, ReturnsBadCodeForInvalidUsedOrLimitedCodes) {
  for (const int errcode : {40029, 40163, 45011}) {
    http_.asked.clear();
    EXPECT_EQ(OutcomeOf(fmt::format(R"({{"errcode":{},"errmsg":"no"}})", errcode)),
              CodeExchangeOutcome::kBadCode)
        << errcode;
    EXPECT_EQ(http_.asked.size(), 1u) << errcode;
  }
}

TEST_F(WechatCodeExchangeTest, RefusesAUserReportedAsRisky) {
  EXPECT_EQ(OutcomeOf(R"({"errcode":40226,"errmsg":"code blocked"})"),
            CodeExchangeOutcome::kRefused);
  EXPECT_EQ(http_.asked.size(), 1u);
}

TEST_F(WechatCodeExchangeTest, RetriesABusyPlatformOnce) {
  http_.replies = {{200, R"({"errcode":-1,"errmsg":"system error"})"}, {200, kGoodAnswer}};
  EXPECT_EQ(Exchange().outcome, CodeExchangeOutcome::kOk);
  EXPECT_EQ(http_.asked.size(), 2u);
}

TEST_F(WechatCodeExchangeTest, MakesNoThirdCallToABusyPlatform) {
  const OutgoingReply busy{200, R"({"errcode":-1,"errmsg":"system error"})"};
  http_.replies = {busy, busy, busy};
  EXPECT_EQ(Exchange().outcome, CodeExchangeOutcome::kBadCode);
  EXPECT_EQ(http_.asked.size(), 2u);
}

TEST_F(WechatCodeExchangeTest, ReturnsUnavailableForConfigurationErrors) {
  for (const int errcode : {40013, 40125, 41002, 45009, 1, -2}) {
    http_.asked.clear();
    EXPECT_EQ(OutcomeOf(fmt::format(R"({{"errcode":{}}})", errcode)),
              CodeExchangeOutcome::kUnavailable)
        << errcode;
    EXPECT_EQ(http_.asked.size(), 1u) << errcode;
  }
}

TEST_F(WechatCodeExchangeTest, PrefersTheErrcodeToTheOpenid) {
  EXPECT_EQ(OutcomeOf(R"({"errcode":40029,"openid":"o1","session_key":"k"})"),
            CodeExchangeOutcome::kBadCode);
}

TEST_F(WechatCodeExchangeTest, IsUnavailableWithoutAnAnswerAndDoesNotRetry) {
  EXPECT_EQ(Exchange().outcome, CodeExchangeOutcome::kUnavailable);
  EXPECT_EQ(http_.asked.size(), 1u);
}

TEST_F(WechatCodeExchangeTest, IsUnavailableIfThePlatformIsUnreachable) {
  http_.failure = Errc::kUnreachable;
  EXPECT_EQ(Exchange().outcome, CodeExchangeOutcome::kUnavailable);
  EXPECT_EQ(http_.asked.size(), 1u);
}

TEST_F(WechatCodeExchangeTest, IsUnavailableOnAnAnswerThatCannotBeRead) {
  const std::string deep(30'000, '[');
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("null"),
        std::string("7"), std::string("{}"), std::string("{\"openid\":"),
        std::string(kGoodAnswer) + "x", std::string("\"openid\""), deep,
        std::string(R"({"errcode":"-1"})"), std::string(R"({"errcode":-1.0})"),
        std::string(R"({"errcode":18446744073709551615})"), std::string(R"({"errcode":null})"),
        std::string("{\"openid\":\"\xff\"}")}) {
    http_.asked.clear();
    EXPECT_EQ(OutcomeOf(body), CodeExchangeOutcome::kUnavailable) << body.substr(0, 80);
    EXPECT_EQ(http_.asked.size(), 1u) << body.substr(0, 80);
  }
}

TEST_F(WechatCodeExchangeTest, IsUnavailableOnAnyOtherStatusThan200) {
  for (const int status : {204, 302, 404, 500}) {
    EXPECT_EQ(OutcomeOf(kGoodAnswer, status), CodeExchangeOutcome::kUnavailable) << status;
  }
}

TEST_F(WechatCodeExchangeTest, IsUnavailableOnAnOpenidThatCannotBeAUserId) {
  for (const std::string& openid :
       {std::string(R"("")"), std::string("7"), std::string("null"), std::string(R"(["o"])"),
        std::string(R"("a b")"), std::string(R"("a/b")"), std::string(R"("a\\b")"),
        std::string(R"("a\"b")"), std::string(R"("a%b")"), std::string(R"("a\n")"),
        std::string(R"("\u0000")"), std::string(R"("\u4eba")"), '"' + std::string(65, 'o') + '"'}) {
    EXPECT_EQ(OutcomeOf(fmt::format(R"({{"openid":{},"session_key":"k"}})", openid)),
              CodeExchangeOutcome::kUnavailable)
        << openid;
  }
  EXPECT_EQ(OutcomeOf(fmt::format(R"({{"openid":"{}"}})", std::string(64, 'o'))),
            CodeExchangeOutcome::kOk);
}

TEST_F(WechatCodeExchangeTest, IsUnavailableOnAnInvalidSessionKey) {
  EXPECT_EQ(OutcomeOf(R"({"openid":"o1","session_key":7})"), CodeExchangeOutcome::kUnavailable);
  EXPECT_EQ(
      OutcomeOf(fmt::format(R"({{"openid":"o1","session_key":"{}"}})", std::string(257, 'k'))),
      CodeExchangeOutcome::kUnavailable);
}

TEST_F(WechatCodeExchangeTest, MakesNoCallForAnInvalidCode) {
  EXPECT_EQ(Exchange("").outcome, CodeExchangeOutcome::kBadCode);
  EXPECT_EQ(Exchange(std::string(513, 'c')).outcome, CodeExchangeOutcome::kBadCode);
  EXPECT_TRUE(http_.asked.empty());
}

TEST_F(WechatCodeExchangeTest, MakesNoCallIfNotConfigured) {
  WechatOptions no_app = Wechat();
  no_app.app_id.clear();
  WechatOptions no_secret = Wechat();
  no_secret.secret = Secret();
  for (const WechatOptions& options : {no_app, no_secret}) {
    WechatCodeExchange exchange(options, http_, calls_, logger_);
    EXPECT_EQ(ResultOf(exchange, "c").outcome, CodeExchangeOutcome::kNotConfigured);
  }
  EXPECT_TRUE(http_.asked.empty());
}

TEST_F(WechatCodeExchangeTest, LogsTheErrorCodeButNoSecret) {
  OutcomeOf(kGoodAnswer);
  OutcomeOf(R"({"errcode":40125,"errmsg":"rid-1","openid":"oAbc-12_Z","session_key":"a-key"})");
  OutcomeOf(R"({"openid":7,"session_key":"a-key"})");
  OutcomeOf("a-key", 500);
  http_.replies.clear();
  Exchange();
  const std::string log = log_.Text();
  EXPECT_NE(log.find("40125"), std::string::npos) << log;
  for (const char* secret : {"secret", "the-code", "c2Vzc2lvbg", "a-key", "oAbc", "rid-1"}) {
    EXPECT_EQ(log.find(secret), std::string::npos) << log;
  }
}

/// Blocks every caller until released, then answers all.
class WaitingHttp : public UnexpectedHttp {
 public:
  Result<OutgoingReply> Get(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                            std::chrono::milliseconds /*timeout*/) override {
    const MutexLock lock(mutex_);
    ++waiting_;
    while (!released_) changed_.Wait(mutex_);
    return OutgoingReply{200, kGoodAnswer};
  }
  void Release() {
    const MutexLock lock(mutex_);
    released_ = true;
    changed_.NotifyAll();
  }
  std::size_t waiting() {
    const MutexLock lock(mutex_);
    return waiting_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  bool released_ GUARDED_BY(mutex_) = false;
};

class UnresponsiveWechat : public testing::Test {
 protected:
  ~UnresponsiveWechat() override {
    http_.Release();
    calls_.Stop();  // before the exchange goes
  }

  static constexpr std::size_t kCallers = 2;
  static constexpr std::size_t kMost = kCallers + 3;

  Logger logger_{LogFormat::kJson, LogLevel::kError};
  WaitingHttp http_;
  FakeClock clock_;
  CallPool calls_{clock_, logger_, {.callers = kCallers, .max_waiting = kMost - kCallers}};
  WechatCodeExchange exchange_{Wechat(), http_, calls_, logger_};
};

TEST_F(UnresponsiveWechat, BlocksNoCallingThread) {
  std::vector<Awaited<CodeExchangeResult>> results(kMost);
  for (auto& result : results) exchange_.Exchange("code", result.Callback());
  EXPECT_TRUE(Eventually([&] { return http_.waiting() == kCallers; }));
  http_.Release();
  for (auto& result : results) EXPECT_EQ(result.Get().outcome, CodeExchangeOutcome::kOk);
}

TEST_F(UnresponsiveWechat, RejectsCallsBeyondThePoolLimitImmediately) {
  std::vector<Awaited<CodeExchangeResult>> results(kMost);
  for (auto& result : results) exchange_.Exchange("code", result.Callback());
  Awaited<CodeExchangeResult> one_more;
  exchange_.Exchange("code", one_more.Callback());
  ASSERT_EQ(one_more.times(), 1u);
  EXPECT_EQ(one_more.Get().outcome, CodeExchangeOutcome::kOverloaded);
  http_.Release();
  for (auto& result : results) EXPECT_EQ(result.Get().outcome, CodeExchangeOutcome::kOk);
}

TEST_F(UnresponsiveWechat, MakesNoCallForACodeThatWaitedTooLong) {
  std::vector<Awaited<CodeExchangeResult>> asked(kCallers);
  for (auto& result : asked) exchange_.Exchange("code", result.Callback());
  EXPECT_TRUE(Eventually([&] { return http_.waiting() == kCallers; }));
  Awaited<CodeExchangeResult> late;
  exchange_.Exchange("code", late.Callback());
  clock_.Advance(std::chrono::seconds(6));
  http_.Release();
  EXPECT_EQ(late.Get().outcome, CodeExchangeOutcome::kOverloaded);
  for (auto& result : asked) EXPECT_EQ(result.Get().outcome, CodeExchangeOutcome::kOk);
  EXPECT_EQ(http_.waiting(), kCallers);
}

TEST_F(UnresponsiveWechat, AnswersEachCallerOnceWhenThePoolStops) {
  std::vector<Awaited<CodeExchangeResult>> results(kMost);
  for (auto& result : results) exchange_.Exchange("code", result.Callback());
  EXPECT_TRUE(Eventually([&] { return http_.waiting() == kCallers; }));
  {
    const std::jthread stopper([this] { calls_.Stop(); });
    EXPECT_EQ(results.back().Get().outcome, CodeExchangeOutcome::kOverloaded);
    http_.Release();
  }
  for (const auto& result : results) EXPECT_EQ(result.times(), 1u);
}

/// Throws, which no `OutgoingHttp` may do.
class ThrowingHttp : public UnexpectedHttp {
 public:
  Result<OutgoingReply> Get(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                            std::chrono::milliseconds /*timeout*/) override {
    throw std::bad_alloc();
  }
};

TEST_F(WechatCodeExchangeTest, IsUnavailableWhenTheCallThrows) {
  ThrowingHttp http;
  WechatCodeExchange exchange(Wechat(), http, calls_, logger_);
  EXPECT_EQ(ResultOf(exchange, "code").outcome, CodeExchangeOutcome::kUnavailable);
}

}  // namespace
}  // namespace rtcroom
