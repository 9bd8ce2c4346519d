// Begin and end of an outage.
#include "daemon/im/im_caller.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_im_service.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ImCallerOutage : public testing::Test {
 protected:
  void Call(int times, ImOutcome outcome) {
    service_.AnswerWith(outcome);
    for (int i = 0; i < times; ++i) caller_.Call(GroupCommand::kSystemNotice, {"r"}, seconds(5));
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  FakeImService service_;
  ImCallBudget budget_;
  Tally made_;
  int times_back_ = 0;
  ImCaller caller_{service_, budget_, clock_, made_, logger_, [this] { ++times_back_; }};
};

TEST_F(ImCallerOutage, EndsAfterSeveralConsecutiveAnswers) {
  Call(3, ImOutcome::kUnreachable);
  EXPECT_TRUE(caller_.is_unreachable());
  clock_.Advance(seconds(1));
  Call(4, ImOutcome::kDone);
  Call(1, ImOutcome::kPassing);
  clock_.Advance(seconds(1));
  Call(4, ImOutcome::kDone);
  EXPECT_TRUE(caller_.is_unreachable());
  EXPECT_EQ(times_back_, 0);
  Call(1, ImOutcome::kRefused);  // also counts as an answer
  EXPECT_FALSE(caller_.is_unreachable());
  Call(10, ImOutcome::kDone);
  EXPECT_EQ(times_back_, 1);
}

TEST_F(ImCallerOutage, DoesNotEndByManyAnswersAtOneInstant) {
  Call(3, ImOutcome::kUnreachable);
  Call(100, ImOutcome::kDone);
  EXPECT_TRUE(caller_.is_unreachable());
  clock_.Advance(seconds(1));
  Call(1, ImOutcome::kDone);
  EXPECT_FALSE(caller_.is_unreachable());
}

TEST_F(ImCallerOutage, EndsByOneAnswerLongAfterTheLastFailure) {
  Call(1, ImOutcome::kMisconfigured);
  clock_.Advance(milliseconds(9999));
  Call(1, ImOutcome::kDone);
  EXPECT_EQ(times_back_, 0);
  clock_.Advance(milliseconds(1));
  Call(1, ImOutcome::kDone);
  EXPECT_EQ(times_back_, 1);
}

TEST_F(ImCallerOutage, IsLoggedOnceWhenFlapping) {
  for (int i = 0; i < 1000; ++i) {
    Call(3, ImOutcome::kPassing);
    Call(8, ImOutcome::kDone);
    clock_.Advance(milliseconds(20));
  }
  const std::string log = log_.Text();
  const std::size_t first = log.find("im_unreachable");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("im_unreachable", first + 1), std::string::npos) << log;
  EXPECT_EQ(times_back_, 0);
}

}  // namespace
}  // namespace rtcroom
