#include "daemon/admin/readiness_check.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/logger.h"
#include "tests/support/deaf_observer.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_reply.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class ReadinessCheckTest : public testing::Test {
 protected:
  /// The HTTP status for `/readyz`.
  int Ask() { return AskReady().status; }
  HttpReply AskReady() {
    const auto reply = std::make_shared<RecordedReply>();
    AdminResponder responder(Responder(reply, 0), {}, clock_, logger_);
    check_.AnswerReady(responder);
    EXPECT_TRUE(Eventually([&] { return reply->reply().has_value(); }));
    return reply->reply().value_or(HttpReply{.status = 0});
  }
  int AskServing() {
    const auto reply = std::make_shared<RecordedReply>();
    AdminResponder responder(Responder(reply, 0), {}, clock_, logger_);
    check_.AnswerServing(responder);
    return reply->reply().value_or(HttpReply{.status = 0}).status;
  }
  void FailARequest() { writes_.OnStoreError(StoreOperation::kWrite, Errc::kStoreBusy); }

  Logger logger_{LogFormat::kJson, LogLevel::kError};
  FakeClock clock_;
  DeafObserver deaf_;
  StoreTallies tallies_;
  WriteRecord writes_{deaf_, tallies_, clock_};
  std::atomic<int> made_ = 0;
  std::atomic<bool> takes_writes_ = true;
  Status answers_;
  Status serves_;
  std::function<Status()> write_ = [this]() -> Status {
    ++made_;
    if (takes_writes_) return {};
    return Error{Errc::kStoreBroken, {}};
  };
  ReadinessCheck check_{{.write = [this] { return write_(); },
                         .answers = [this] { return answers_; },
                         .serves = [this] { return serves_; }},
                        writes_,
                        clock_};
};

TEST_F(ReadinessCheckTest, TheConfirmedWriteOfARequestIsEnough) {
  takes_writes_ = false;
  writes_.OnWriteConfirmed();
  clock_.Advance(ReadinessCheck::kFresh - 1ms);
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(made_, 0);
  clock_.Advance(1ms);
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(made_, 1);
}

TEST_F(ReadinessCheckTest, WithoutOneAWriteIsMadeAtMostOncePerPeriod) {
  for (int period = 1; period <= 2; ++period) {
    EXPECT_EQ(Ask(), 200);
    clock_.Advance(ReadinessCheck::kFresh - 1ms);
    EXPECT_EQ(Ask(), 200);
    EXPECT_EQ(made_, period);
    clock_.Advance(1ms);
  }
}

TEST_F(ReadinessCheckTest, ARequestThatFailsLeadsToAWriteAtOnce) {
  writes_.OnWriteConfirmed();
  takes_writes_ = false;
  FailARequest();
  EXPECT_EQ(Ask(), 503);
  clock_.Advance(ReadinessCheck::kFresh - 1ms);
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(made_, 1);
  takes_writes_ = true;
  clock_.Advance(1ms);
  EXPECT_EQ(Ask(), 200);
}

TEST_F(ReadinessCheckTest, IsReadyWithTheNextConfirmedWrite) {
  takes_writes_ = false;
  EXPECT_EQ(Ask(), 503);
  clock_.Advance(1ms);
  writes_.OnWriteConfirmed();
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(made_, 1);
}

TEST_F(ReadinessCheckTest, IsNotReadyWhileReadsFailThoughRequestsWrite) {
  const auto fail_a_read = [this] {
    writes_.OnStoreError(StoreOperation::kRead, Errc::kStoreBusy);
  };
  write_ = [&]() -> Status {
    writes_.OnWriteConfirmed();  // as the store reports it
    if (takes_writes_) return {};
    fail_a_read();
    return Error{Errc::kStoreBusy, "no connection"};
  };
  takes_writes_ = false;
  writes_.OnWriteConfirmed();
  fail_a_read();
  EXPECT_EQ(Ask(), 503);
  clock_.Advance(1s);
  writes_.OnWriteConfirmed();
  EXPECT_EQ(Ask(), 503);
  EXPECT_FALSE(check_.ReadLatest());
  clock_.Advance(ReadinessCheck::kFresh);
  writes_.OnWriteConfirmed();
  takes_writes_ = true;
  EXPECT_EQ(Ask(), 200);
}

TEST_F(ReadinessCheckTest, RequestsThatFailAmongOthersCostOneWritePerPeriod) {
  writes_.OnWriteConfirmed();
  for (int request = 0; request < 3; ++request) {
    FailARequest();
    EXPECT_EQ(Ask(), 200);
    EXPECT_EQ(made_, 1);
  }
}

TEST_F(ReadinessCheckTest, IsNotReadyWhileOnlyItsOwnWriteWorks) {
  write_ = [this] {
    writes_.OnWriteConfirmed();  // as the store reports it
    return Status();
  };
  const auto break_a_request = [this] {
    clock_.Advance(1s);
    writes_.OnStoreError(StoreOperation::kWrite, Errc::kStoreBroken);
    clock_.Advance(1ms);
  };
  writes_.OnWriteConfirmed();
  break_a_request();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Ask(), 200) << "one has worked lately";
  for (auto time = 0ms; time < ReadinessCheck::kFresh; time += 1s) break_a_request();
  EXPECT_EQ(Ask(), 503);
  EXPECT_FALSE(check_.ReadLatest());
  clock_.Advance(ReadinessCheck::kFresh - 2ms);
  EXPECT_EQ(Ask(), 503);
  clock_.Advance(1ms);
  EXPECT_EQ(Ask(), 200) << "no request has tried to write for a while";
  break_a_request();
  EXPECT_EQ(Ask(), 503);
  clock_.Advance(1ms);
  writes_.OnWriteConfirmed();
  EXPECT_EQ(Ask(), 200);
}

TEST_F(ReadinessCheckTest, TheReasonStaysThatOfItsOwnWriteWhileRequestsFail) {
  write_ = [] { return Status(Error{Errc::kStoreBroken, "the disk is full"}); };
  writes_.OnWriteConfirmed();
  for (int i = 0; i < 2; ++i) {
    writes_.OnStoreError(StoreOperation::kWrite, Errc::kStoreBroken);
    EXPECT_THAT(AskReady().body, testing::HasSubstr("the disk is full"));
    clock_.Advance(ReadinessCheck::kFresh);
  }
}

TEST_F(ReadinessCheckTest, TheReasonIsFoundThoughItsOwnWriteHasWorkedJustBefore) {
  EXPECT_EQ(Ask(), 200);
  write_ = [] { return Status(Error{Errc::kStoreBroken, "the disk is full"}); };
  clock_.Advance(ReadinessCheck::kFresh - 1ms);
  writes_.OnStoreError(StoreOperation::kWrite, Errc::kStoreBroken);
  EXPECT_THAT(AskReady().body, testing::HasSubstr("refuses the writes of requests"));
  clock_.Advance(1ms);
  EXPECT_THAT(AskReady().body, testing::HasSubstr("the disk is full"));
}

TEST_F(ReadinessCheckTest, IsNotReadyWhileNoRequestIsAnswered) {
  answers_ = Error{Errc::kUnavailable, "cut off"};
  EXPECT_EQ(Ask(), 503);
  EXPECT_FALSE(check_.ReadLatest());
  EXPECT_EQ(AskServing(), 200) << "it does not flap";
  serves_ = answers_;
  EXPECT_EQ(AskServing(), 503);
  EXPECT_EQ(made_, 0);
}

TEST_F(ReadinessCheckTest, TheMetricHasTheLatestResultAndAsksForTheNext) {
  EXPECT_TRUE(check_.ReadLatest());
  EXPECT_TRUE(Eventually([&] { return made_ == 1; }));
  EXPECT_TRUE(check_.ReadLatest());
  clock_.Advance(ReadinessCheck::kFresh);
  takes_writes_ = false;
  EXPECT_TRUE(Eventually([&] { return !check_.ReadLatest(); }));
  EXPECT_EQ(made_, 2);
}

TEST_F(ReadinessCheckTest, IsNotReadyWhileAWriteTakesLong) {
  std::latch is_over(1);
  write_ = [&is_over] {
    is_over.wait();
    return Status();
  };
  EXPECT_TRUE(check_.ReadLatest());
  clock_.Advance(ReadinessCheck::kMaxWrite + 1ms);
  EXPECT_FALSE(check_.ReadLatest());
  EXPECT_EQ(Ask(), 503);
  is_over.count_down();
  EXPECT_TRUE(Eventually([&] { return check_.ReadLatest(); }));
}

TEST_F(ReadinessCheckTest, IsNotReadyWhileDraining) {
  writes_.OnWriteConfirmed();
  EXPECT_TRUE(check_.BeginDraining());
  EXPECT_FALSE(check_.BeginDraining());
  EXPECT_FALSE(check_.ReadLatest());
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(AskServing(), 503);
}

}  // namespace
}  // namespace rtcroom
