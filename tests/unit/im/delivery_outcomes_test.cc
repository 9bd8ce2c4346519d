// Retries, abandonment and the form of notices.
#include "daemon/im/delivery_outcomes.h"

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class DeliveryOutcomesTest : public testing::Test {
 protected:
  using Step = Resolution::Step;

  static Delivery Of(DeliveryKind kind, const std::string& payload = "") {
    return {.id = 1, .group = {"r"}, .kind = kind, .payload = payload, .next_try = kNoon};
  }
  /// One try with that outcome; `delivery_` becomes the written state.
  Resolution Try(ImOutcome outcome, double jitter = 1) {
    Resolution resolution =
        outcomes_->Resolve(delivery_, outcomes_->CommandFor(delivery_), outcome, now_, jitter);
    delivery_ = resolution.delivery;
    return resolution;
  }
  /// The pause until the next try after that outcome; advances the clock by it.
  milliseconds PauseAfter(ImOutcome outcome, double jitter = 1) {
    EXPECT_EQ(Try(outcome, jitter).end, DeliveryEnd::kPostponed);
    const milliseconds pause = delivery_.next_try - now_;
    if (pause > milliseconds(0)) {
      EXPECT_FALSE(outcomes_->IsDue(delivery_, now_));
    }
    now_ = delivery_.next_try;
    EXPECT_TRUE(outcomes_->IsDue(delivery_, now_));
    return pause;
  }
  void Use(NotifyVia via) { outcomes_.emplace(via, RetryLimits{}); }

  TimePoint now_ = kNoon;
  Delivery delivery_ = Of(DeliveryKind::kNotifyGroup);
  std::optional<DeliveryOutcomes> outcomes_{std::in_place, NotifyVia::kSystem, RetryLimits{}};
};

TEST_F(DeliveryOutcomesTest, BackOffExponentiallyUpToABound) {
  for (const int pause : {500, 1000, 2000, 4000, 8000, 15000, 15000, 15000}) {
    EXPECT_EQ(PauseAfter(ImOutcome::kUnreachable), milliseconds(pause));
  }
}

TEST_F(DeliveryOutcomesTest, RetryIndefinitely) {
  for (int i = 0; i < 100; ++i) EXPECT_GT(PauseAfter(ImOutcome::kPassing, 0.5).count(), 0);
}

TEST_F(DeliveryOutcomesTest, ApplyFullJitter) {
  EXPECT_EQ(PauseAfter(ImOutcome::kTooFast, 0), milliseconds(0));
  EXPECT_EQ(PauseAfter(ImOutcome::kTooFast, 0.25), milliseconds(250));
  EXPECT_EQ(PauseAfter(ImOutcome::kTooFast, 0.5), milliseconds(1000));
}

TEST_F(DeliveryOutcomesTest, BackOffLongerOnMisconfiguration) {
  EXPECT_EQ(PauseAfter(ImOutcome::kMisconfigured, 1), seconds(15));
  EXPECT_EQ(PauseAfter(ImOutcome::kMisconfigured, 0), milliseconds(7500));
}

TEST_F(DeliveryOutcomesTest, KeepACreateWithoutQuota) {
  delivery_ = Of(DeliveryKind::kCreateGroup);
  EXPECT_EQ(PauseAfter(ImOutcome::kQuotaUsedUp), seconds(15));
}

TEST_F(DeliveryOutcomesTest, AreFinalIfDoneOrRefused) {
  EXPECT_EQ(Try(ImOutcome::kDone).step, Step::kFinish);
  for (const DeliveryKind kind : kDeliveryKinds) {
    delivery_ = Of(kind);
    const Resolution refused = Try(ImOutcome::kRefused);
    EXPECT_EQ(refused.step, Step::kFinish);
    EXPECT_EQ(refused.end, DeliveryEnd::kDropped);
    EXPECT_EQ(refused.outcome, ImOutcome::kRefused);
  }
}

TEST_F(DeliveryOutcomesTest, ParkNoticesToAMissingGroup) {
  const Resolution missing = Try(ImOutcome::kGroupMissing);
  EXPECT_EQ(missing.end, DeliveryEnd::kDropped);
  EXPECT_EQ(missing.step, Step::kPostpone);
  EXPECT_EQ(missing.delivery.next_try, kParked);
}

TEST_F(DeliveryOutcomesTest, ParkTheCreateOfAForeignGroup) {
  delivery_ = Of(DeliveryKind::kCreateGroup);
  const Resolution foreign = Try(ImOutcome::kTakenByAnother);
  EXPECT_EQ(foreign.end, DeliveryEnd::kDropped);
  EXPECT_EQ(foreign.step, Step::kAbandonForeignGroup);
  EXPECT_EQ(foreign.delivery.next_try, kParked);
}

TEST_F(DeliveryOutcomesTest, RepeatADestroyOnceIfEnqueuedForRepetition) {
  delivery_ = Of(DeliveryKind::kDestroyGroup, "repeat");
  EXPECT_EQ(PauseAfter(ImOutcome::kPassing), milliseconds(500)) << "the first destroy is retried";
  const Resolution first = Try(ImOutcome::kDone);
  EXPECT_EQ(first.step, Step::kPostpone);
  EXPECT_EQ(first.end, DeliveryEnd::kDone);
  EXPECT_EQ(delivery_.next_try, now_ + seconds(60));
  EXPECT_FALSE(outcomes_->IsDue(delivery_, now_ + milliseconds(59'999)));
  now_ += seconds(60);
  EXPECT_EQ(PauseAfter(ImOutcome::kPassing), milliseconds(500));
  EXPECT_EQ(Try(ImOutcome::kDone).step, Step::kFinish);
}

TEST_F(DeliveryOutcomesTest, SendMessagesOnceSystemNoticesAreDisabled) {
  Use(NotifyVia::kAuto);
  const Resolution first = Try(ImOutcome::kCommandDisabled);
  EXPECT_EQ(first.end, DeliveryEnd::kSwitched);
  EXPECT_EQ(first.step, Step::kNothing) << "the delivery stays due";
  EXPECT_EQ(outcomes_->CommandFor(delivery_), GroupCommand::kCustomMessage);
  const Resolution under_way = outcomes_->Resolve(delivery_, GroupCommand::kSystemNotice,
                                                  ImOutcome::kCommandDisabled, now_, 1);
  EXPECT_EQ(under_way.end, DeliveryEnd::kPostponed);
  EXPECT_EQ(under_way.step, Step::kNothing);
}

TEST_F(DeliveryOutcomesTest, AreFinalForADisabledNoticeWithoutAnAlternative) {
  EXPECT_EQ(Try(ImOutcome::kCommandDisabled).end, DeliveryEnd::kDropped);
  Use(NotifyVia::kCustomMsg);
  EXPECT_EQ(outcomes_->CommandFor(delivery_), GroupCommand::kCustomMessage);
  EXPECT_EQ(Try(ImOutcome::kCommandDisabled).end, DeliveryEnd::kDropped);
}

TEST_F(DeliveryOutcomesTest, SendBothFormsSequentially) {
  Use(NotifyVia::kBoth);
  for (const ImOutcome outcome : {ImOutcome::kDone, ImOutcome::kRefused}) {
    delivery_ = Of(DeliveryKind::kNotifyGroup);
    EXPECT_EQ(outcomes_->CommandFor(delivery_), GroupCommand::kSystemNotice);
    EXPECT_EQ(Try(outcome).step, Step::kPostpone);
    EXPECT_TRUE(outcomes_->IsDue(delivery_, now_)) << "at once";
    EXPECT_EQ(outcomes_->CommandFor(delivery_), GroupCommand::kCustomMessage);
    EXPECT_EQ(Try(ImOutcome::kDone).step, Step::kFinish);
  }
}

TEST_F(DeliveryOutcomesTest, DropADeliveryThatFailsAloneForTenMinutes) {
  const TimePoint begun = now_;
  DeliveryEnd end = DeliveryEnd::kPostponed;
  for (int tries = 0; end == DeliveryEnd::kPostponed && tries < 1000; ++tries) {
    outcomes_->RecordAnswer(now_);
    end = Try(ImOutcome::kPassing).end;
    if (end == DeliveryEnd::kPostponed) now_ = delivery_.next_try;
  }
  EXPECT_EQ(end, DeliveryEnd::kGivenUp);
  EXPECT_GE(now_ - begun, minutes(10));
  EXPECT_LE(now_ - begun, minutes(11));
}

TEST_F(DeliveryOutcomesTest, DropADestroyThatFailsAloneTenTimes) {
  delivery_ = Of(DeliveryKind::kDestroyGroup);
  for (int i = 0; i < 10; ++i) {
    outcomes_->RecordAnswer(now_);
    EXPECT_EQ(Try(ImOutcome::kPassing).end, DeliveryEnd::kPostponed);
    now_ += minutes(2);
  }
  outcomes_->RecordAnswer(now_);
  const Resolution last = Try(ImOutcome::kPassing);
  EXPECT_EQ(last.end, DeliveryEnd::kGivenUp);
  EXPECT_EQ(last.step, Step::kFinish);
}

TEST_F(DeliveryOutcomesTest, DropNothingBecauseTheClockWasSet) {
  delivery_ = Of(DeliveryKind::kDestroyGroup);
  for (int i = 0; i < 12; ++i) {
    outcomes_->RecordAnswer(now_);
    EXPECT_EQ(Try(ImOutcome::kPassing).end, DeliveryEnd::kPostponed);
    now_ += seconds(15);
  }
  now_ += std::chrono::hours(24);
  outcomes_->RecordAnswer(now_);
  EXPECT_EQ(Try(ImOutcome::kPassing).end, DeliveryEnd::kPostponed);
}

TEST_F(DeliveryOutcomesTest, NeverDropCreatesOrDeliveriesDuringAnOutage) {
  const auto fails_on = [&](int tries) {
    for (int i = 0; i < tries; ++i) {
      ASSERT_EQ(Try(ImOutcome::kPassing).end, DeliveryEnd::kPostponed) << i;
      now_ += seconds(15);
    }
  };
  outcomes_->RecordAnswer(now_ - milliseconds(1));
  fails_on(1000);
  for (int i = 0; i < 39; ++i) {
    outcomes_->RecordAnswer(now_);
    fails_on(1);
  }
  EXPECT_EQ(Try(ImOutcome::kDone).step, Step::kFinish) << "soon after an outage";
  delivery_ = Of(DeliveryKind::kCreateGroup);
  for (int i = 0; i < 1000; ++i) {
    outcomes_->RecordAnswer(now_);
    fails_on(1);
  }
}

TEST_F(DeliveryOutcomesTest, RetryImmediatelyAfterAClockSetBack) {
  delivery_.next_try = now_ + std::chrono::hours(1);
  EXPECT_TRUE(outcomes_->IsDue(delivery_, now_));
}

}  // namespace
}  // namespace rtcroom
