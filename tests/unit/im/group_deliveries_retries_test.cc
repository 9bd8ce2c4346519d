// What the IM service's answers make of groups' debts.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/im/deliveries_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class GroupDeliveriesRetries : public DeliveriesFixture {
 protected:
  /// How long the next try of the notice waits, which has just been handed out.
  milliseconds PauseAfter(ImOutcome outcome, double jitter = 1) {
    Finish("r", Step::kSystemNotice, outcome, jitter);
    const auto pause = *deliveries_->NextDue(Step::kSystemNotice) - now_;
    now_ += pause;
    EXPECT_THAT(Due(), ElementsAre(Notice("r")));
    return std::chrono::duration_cast<milliseconds>(pause);
  }
};

TEST_F(GroupDeliveriesRetries, PauseTwiceAsLongEachTimeUpToABound) {
  Added("r");
  Due();
  for (const int pause : {500, 1000, 2000, 4000, 8000, 15000, 15000, 15000}) {
    EXPECT_EQ(PauseAfter(ImOutcome::kUnreachable), milliseconds(pause));
  }
}

TEST_F(GroupDeliveriesRetries, GoOnWithoutEnd) {
  Added("r");
  Due();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(PauseAfter(ImOutcome::kPassing, 0.5).count() > 0, true);
  EXPECT_EQ(deliveries_->HandledUpTo(), 0u);
}

TEST_F(GroupDeliveriesRetries, PauseForAnyShareOfIt) {
  Added("r");
  Due();
  EXPECT_EQ(PauseAfter(ImOutcome::kTooFast, 0), milliseconds(0));
  EXPECT_EQ(PauseAfter(ImOutcome::kTooFast, 0.25), milliseconds(250));
  EXPECT_EQ(PauseAfter(ImOutcome::kTooFast, 0.5), milliseconds(1000));
}

TEST_F(GroupDeliveriesRetries, BeginAnewAfterASuccess) {
  Added("r");
  Due();
  PauseAfter(ImOutcome::kPassing);
  PauseAfter(ImOutcome::kPassing);
  Added("r");
  Finish("r", Step::kSystemNotice);
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  EXPECT_EQ(PauseAfter(ImOutcome::kPassing), milliseconds(500));
}

TEST_F(GroupDeliveriesRetries, PauseLongWhileTheConfigurationIsRefused) {
  Added("r");
  Due();
  EXPECT_EQ(PauseAfter(ImOutcome::kMisconfigured, 1), seconds(15));
  EXPECT_EQ(PauseAfter(ImOutcome::kMisconfigured, 0), milliseconds(7500));
  EXPECT_EQ(deliveries_->HandledUpTo(), 0u);
}

TEST_F(GroupDeliveriesRetries, KeepACreateForWhichThereIsNoQuota) {
  deliveries_->OweCreate(Id("r"), now_);
  EXPECT_THAT(Due(), ElementsAre(Create("r")));
  EXPECT_EQ(Finish("r", Step::kCreate, ImOutcome::kQuotaUsedUp), DeliveryEnd::kPutOff);
  Advance(seconds(15));
  EXPECT_THAT(Due(), ElementsAre(Create("r")));
}

TEST_F(GroupDeliveriesRetries, MergeWithWhatHappensMeanwhile) {
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  Finish("r", Step::kSystemNotice, ImOutcome::kUnreachable);
  Added("r");
  EXPECT_THAT(Due(), IsEmpty()) << "one more event does not shorten the pause";
  Advance(milliseconds(500));
  EXPECT_THAT(AnswerAll(), ElementsAre(Notice("r")));
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u);
}

TEST_F(GroupDeliveriesRetries, LeaveOtherGroupsAlone) {
  Added("a");
  Due();
  Finish("a", Step::kSystemNotice, ImOutcome::kPassing);
  Added("b");
  EXPECT_THAT(Due(), ElementsAre(Notice("b")));
}

TEST_F(GroupDeliveriesRetries, AreNotMadeOfWhatIsRefused) {
  Added("r");
  Due();
  EXPECT_EQ(Finish("r", Step::kSystemNotice, ImOutcome::kRefused), DeliveryEnd::kDropped);
  EXPECT_EQ(deliveries_->HandledUpTo(), 1u);
  EXPECT_EQ(deliveries_->groups(), 0u);
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Notice("r"))) << "the next one is tried";
}

TEST_F(GroupDeliveriesRetries, AreNotMadeForAGroupThatIsMissing) {
  Added("r");
  Due();
  EXPECT_EQ(Finish("r", Step::kSystemNotice, ImOutcome::kGroupMissing), DeliveryEnd::kDropped);
  Added("r");
  Left("r");
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_EQ(deliveries_->HandledUpTo(), 3u);
}

TEST_F(GroupDeliveriesRetries, ForgetThatAGroupIsMissingWhenItsRoomHasEnded) {
  Added("r");
  AnswerAll(ImOutcome::kGroupMissing);
  Ended("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r"))) << "it may have come to light since";
  Created("r");
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
}

TEST_F(GroupDeliveriesRetries, RememberABoundedNumberOfMissingGroups) {
  Restart(NotifyVia::kSystem, {.max_absent = 1});
  Added("a");
  Added("b");
  AnswerAll(ImOutcome::kGroupMissing);
  Added("a");
  Added("b");
  EXPECT_THAT(Due(), ElementsAre(Notice("b")));
}

TEST_F(GroupDeliveriesRetries, AreMadeAsMessagesOnceSystemNoticesAreDisabled) {
  Restart(NotifyVia::kAuto);
  Added("a");
  Advance(milliseconds(1));
  Added("b");
  Advance(milliseconds(1));
  Added("c");
  EXPECT_EQ(deliveries_->Next(Step::kSystemNotice, now_), Notice("a"));
  EXPECT_EQ(deliveries_->Next(Step::kSystemNotice, now_), Notice("b"));
  Added("a");
  EXPECT_EQ(Finish("a", Step::kSystemNotice, ImOutcome::kCommandDisabled), DeliveryEnd::kSwitched);
  EXPECT_EQ(Finish("b", Step::kSystemNotice, ImOutcome::kCommandDisabled), DeliveryEnd::kPutOff);
  EXPECT_THAT(AnswerAll(), UnorderedElementsAre(Message("a"), Message("b"), Message("c")));
  EXPECT_EQ(deliveries_->HandledUpTo(), 4u);
  Added("d");
  EXPECT_THAT(AnswerAll(), ElementsAre(Message("d")));
}

TEST_F(GroupDeliveriesRetries, AreNotMadeOfADisabledNoticeThatHasNoOtherForm) {
  Added("r");
  Due();
  EXPECT_EQ(Finish("r", Step::kSystemNotice, ImOutcome::kCommandDisabled), DeliveryEnd::kDropped);
  Restart(NotifyVia::kCustomMsg);
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Message("r")));
  EXPECT_EQ(Finish("r", Step::kCustomMessage, ImOutcome::kCommandDisabled), DeliveryEnd::kDropped);
}

TEST_F(GroupDeliveriesRetries, LoseNothingOfBothFormsOfANotice) {
  Restart(NotifyVia::kBoth);
  Added("r");  // 1
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  Finish("r", Step::kSystemNotice);
  EXPECT_EQ(deliveries_->HandledUpTo(), 0u);
  EXPECT_THAT(Due(), ElementsAre(Message("r")));
  Added("r");  // 2
  Finish("r", Step::kCustomMessage, ImOutcome::kPassing);
  EXPECT_EQ(deliveries_->HandledUpTo(), 0u);
  Advance(milliseconds(500));
  EXPECT_THAT(AnswerAll(), ElementsAre(Notice("r"), Message("r")));
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u);
}

TEST_F(GroupDeliveriesRetries, AreDueSoonAfterTheServiceIsBack) {
  for (int i = 0; i < 100; ++i) Added("r" + std::to_string(i));
  for (int round = 0; round < 8; ++round) {
    for (const Delivery& delivery : Due()) {
      deliveries_->Finish(delivery, ImOutcome::kUnreachable, now_, 1);
    }
    Advance(seconds(15));
  }
  for (const Delivery& delivery : Due()) {
    deliveries_->Finish(delivery, ImOutcome::kUnreachable, now_, 1);
  }
  EXPECT_THAT(Due(), IsEmpty());
  deliveries_->Hurry(now_);
  EXPECT_EQ(Due().size(), 1u) << "not all at the same moment";
  Advance(milliseconds(500));
  EXPECT_NEAR(static_cast<double>(Due().size()), 50, 2);
  Advance(milliseconds(500));
  EXPECT_NEAR(static_cast<double>(Due().size()), 49, 2);
}

TEST_F(GroupDeliveriesRetries, AreNotMoreFrequentAfterTheServiceWasSaidToBeBack) {
  Added("r");
  for (int i = 0; i < 8; ++i) {
    Due();
    Finish("r", Step::kSystemNotice, ImOutcome::kUnreachable);
    Advance(seconds(15));
  }
  deliveries_->Hurry(now_);
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  Finish("r", Step::kSystemNotice, ImOutcome::kUnreachable);
  Advance(milliseconds(14'999));
  EXPECT_THAT(Due(), IsEmpty());
}

TEST_F(GroupDeliveriesRetries, EndWhenOneGroupFailsForTenMinutesWhileOthersAreAnswered) {
  Added("r");
  const MonotonicTime begun = now_;
  DeliveryEnd end = DeliveryEnd::kPutOff;
  int tries = 0;
  while (end == DeliveryEnd::kPutOff && tries < 1000) {
    deliveries_->NoteAnswer();
    if (!Due().empty()) {
      ++tries;
      end = Finish("r", Step::kSystemNotice, ImOutcome::kPassing);
    }
    Advance(seconds(1));
  }
  EXPECT_EQ(end, DeliveryEnd::kGivenUp);
  EXPECT_GE(now_ - begun, std::chrono::minutes(10));
  EXPECT_LE(now_ - begun, std::chrono::minutes(11));
  EXPECT_EQ(deliveries_->HandledUpTo(), 1u);
  EXPECT_EQ(deliveries_->groups(), 0u);
}

TEST_F(GroupDeliveriesRetries, EndForADestroyTooButNotBeforeTenOfThem) {
  deliveries_->NoteTask(Id("r"));
  deliveries_->OweDestroy(Id("r"), now_);
  for (int i = 0; i < 10; ++i) {
    deliveries_->NoteAnswer();
    EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
    EXPECT_EQ(Finish("r", Step::kDestroy, ImOutcome::kPassing), DeliveryEnd::kPutOff);
    Advance(std::chrono::minutes(2));
  }
  deliveries_->NoteAnswer();
  Due();
  EXPECT_EQ(Finish("r", Step::kDestroy, ImOutcome::kPassing), DeliveryEnd::kGivenUp);
  EXPECT_THAT(AnswerAll(), ElementsAre(Delivery{Id("r"), Step::kForgetTask}));
}

TEST_F(GroupDeliveriesRetries, DoNotEndInAnOutageNorSoonAfterIt) {
  Added("r");
  deliveries_->NoteAnswer();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_THAT(Due(), ElementsAre(Notice("r")));
    ASSERT_EQ(Finish("r", Step::kSystemNotice, ImOutcome::kPassing), DeliveryEnd::kPutOff);
    Advance(seconds(15));
  }
  for (int i = 0; i < 39; ++i) {
    deliveries_->NoteAnswer();
    EXPECT_THAT(Due(), ElementsAre(Notice("r")));
    ASSERT_EQ(Finish("r", Step::kSystemNotice, ImOutcome::kPassing), DeliveryEnd::kPutOff);
    Advance(seconds(15));
  }
  EXPECT_THAT(AnswerAll(), ElementsAre(Notice("r")));
}

TEST_F(GroupDeliveriesRetries, AreNotHurriedByEachSuccessOfAServiceThatComesAndGoes) {
  Added("r");
  Due();
  deliveries_->Hurry(now_);
  for (int i = 0; i < 3; ++i) {
    Finish("r", Step::kSystemNotice, ImOutcome::kMisconfigured);
    deliveries_->Hurry(now_);
    EXPECT_THAT(Due(), IsEmpty());
    Advance(seconds(15));
    EXPECT_THAT(Due(), ElementsAre(Notice("r")));
    deliveries_->Hurry(now_);
  }
}

}  // namespace
}  // namespace rtcroom
