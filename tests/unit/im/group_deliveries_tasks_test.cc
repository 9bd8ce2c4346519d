// Tasks, and groups that are being made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/im/deliveries_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class GroupDeliveriesTasks : public DeliveriesFixture {
 protected:
  void NoteDestroy(const std::string& room) {
    deliveries_->NoteTask(Id(room));
    deliveries_->OweDestroy(Id(room), now_);
  }
  void NoteCreate(const std::string& room) {
    deliveries_->NoteTask(Id(room));
    deliveries_->OweCreate(Id(room), now_);
  }
};

TEST_F(GroupDeliveriesTasks, AreForgottenWhenTheyAreDone) {
  NoteDestroy("r");
  EXPECT_EQ(deliveries_->tasks(), 1u);
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r"), Forget("r")));
  EXPECT_EQ(deliveries_->tasks(), 0u);
  EXPECT_EQ(deliveries_->groups(), 0u);
}

TEST_F(GroupDeliveriesTasks, AreForgottenWhenTheyCannotBeDone) {
  NoteDestroy("r");
  EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
  EXPECT_EQ(Finish("r", Step::kDestroy, ImOutcome::kRefused), DeliveryEnd::kDropped);
  EXPECT_THAT(Due(), ElementsAre(Forget("r")));
}

TEST_F(GroupDeliveriesTasks, AreForgottenInTheEndEvenIfTheStoreIsBusy) {
  NoteDestroy("r");
  EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
  Finish("r", Step::kDestroy);
  EXPECT_THAT(Due(), ElementsAre(Forget("r")));
  EXPECT_EQ(Finish("r", Step::kForgetTask, ImOutcome::kPassing), DeliveryEnd::kPutOff);
  EXPECT_EQ(deliveries_->tasks(), 1u);
  Advance(std::chrono::milliseconds(500));
  EXPECT_THAT(AnswerAll(), ElementsAre(Forget("r")));
  EXPECT_EQ(deliveries_->tasks(), 0u);
}

TEST_F(GroupDeliveriesTasks, HoldBackNoEvents) {
  NoteDestroy("r");
  Created("other");
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u);
}

TEST_F(GroupDeliveriesTasks, AreForgottenOnlyAfterTheSecondOfTwoDestroys) {
  deliveries_->NoteTask(Id("r"));
  deliveries_->OweDestroyTwice(Id("r"), now_);
  EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
  Finish("r", Step::kDestroy, ImOutcome::kPassing);
  Advance(std::chrono::milliseconds(500));
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r"))) << "this is the first that is done";
  Created("other");
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u) << "no event is held back";
  Advance(std::chrono::milliseconds(59'999));
  EXPECT_THAT(Due(), IsEmpty());
  Advance(std::chrono::milliseconds(1));
  EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
  Finish("r", Step::kDestroy, ImOutcome::kPassing);
  Advance(std::chrono::milliseconds(500));
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r"), Forget("r")));
  EXPECT_EQ(deliveries_->groups(), 0u);
}

TEST_F(GroupDeliveriesTasks, DestroyNoSecondTimeOnceARoomHasBegun) {
  deliveries_->NoteTask(Id("r"));
  deliveries_->OweDestroyTwice(Id("r"), now_);
  AnswerAll();
  Created("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Forget("r")));
  EXPECT_EQ(deliveries_->groups(), 0u);
}

TEST_F(GroupDeliveriesTasks, MakeTheGroupBeforeItsNotices) {
  Added("r");
  NoteCreate("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Create("r"), Forget("r"), Notice("r")));
}

TEST_F(GroupDeliveriesTasks, AreForgottenBeforeTheNextNotice) {
  NoteCreate("r");
  EXPECT_THAT(Due(), ElementsAre(Create("r")));
  Added("r");
  Finish("r", Step::kCreate);
  EXPECT_THAT(Due(), ElementsAre(Forget("r")));
}

TEST_F(GroupDeliveriesTasks, ComeAfterTheDestroyOfAnEarlierRoom) {
  NoteCreate("r");
  Ended("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r"), Create("r"), Forget("r")));
}

TEST_F(GroupDeliveriesTasks, AreForgottenWhenTheRoomIsThereAfterAll) {
  NoteDestroy("r");
  Created("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Forget("r")));
}

TEST_F(GroupDeliveriesTasks, SendNothingToAGroupOfAStranger) {
  NoteCreate("r");
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Create("r")));
  EXPECT_EQ(Finish("r", Step::kCreate, ImOutcome::kTakenByAnother), DeliveryEnd::kDropped);
  Created("r");  // its own beginning, if that is read late
  Added("r");
  EXPECT_THAT(AnswerAll(), IsEmpty());
  EXPECT_EQ(deliveries_->tasks(), 1u) << "from which it is learnt again after a restart";
  Ended("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Create("r"), Forget("r"))) << "if there is a room still";
  EXPECT_EQ(deliveries_->tasks(), 0u);
  Created("r");
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Notice("r"))) << "of the next room";
}

TEST_F(GroupDeliveriesTasks, DestroyNoGroupOfAStrangerWhoseRoomEndedMeanwhile) {
  NoteCreate("r");
  EXPECT_THAT(Due(), ElementsAre(Create("r")));
  Ended("r");
  Finish("r", Step::kCreate, ImOutcome::kTakenByAnother);
  EXPECT_EQ(deliveries_->HandledUpTo(), events_.position());
  EXPECT_THAT(AnswerAll(), ElementsAre(Create("r"), Forget("r")));
}

TEST_F(GroupDeliveriesTasks, AskAgainWhoseAGroupIsWhenEventsAreLost) {
  NoteCreate("r");
  AnswerAll(ImOutcome::kTakenByAnother);
  deliveries_->StartAt(100);
  EXPECT_THAT(AnswerAll(), ElementsAre(Create("r"), Forget("r")));
  EXPECT_EQ(deliveries_->tasks(), 0u);
}

TEST_F(GroupDeliveriesTasks, TryACreateAgainAlthoughARoomEndedMeanwhile) {
  NoteCreate("r");
  EXPECT_THAT(Due(), ElementsAre(Create("r")));
  Ended("r");  // perhaps one before, which was read late
  Finish("r", Step::kCreate, ImOutcome::kPassing);
  Advance(std::chrono::milliseconds(500));
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r"), Create("r"), Forget("r")));
}

TEST_F(GroupDeliveriesTasks, WaitUntilTheGroupIsMade) {
  Ended("r");
  deliveries_->BeginMaking(Id("r"));
  EXPECT_TRUE(deliveries_->HasTurn(Id("r")));
  Added("r");
  NoteCreate("r");
  EXPECT_THAT(Due(), IsEmpty());
  deliveries_->EndMaking(Id("r"));
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r"), Create("r"), Forget("r"), Notice("r")));
}

TEST_F(GroupDeliveriesTasks, LetNobodyMakeTheGroupWhileACallIsUnderWay) {
  Ended("r");
  EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
  deliveries_->BeginMaking(Id("r"));
  EXPECT_FALSE(deliveries_->HasTurn(Id("r")));
  Finish("r", Step::kDestroy, ImOutcome::kPassing);
  EXPECT_TRUE(deliveries_->HasTurn(Id("r")));
  Advance(std::chrono::seconds(1));
  EXPECT_THAT(Due(), IsEmpty());
  deliveries_->EndMaking(Id("r"));
  EXPECT_THAT(Due(), ElementsAre(Destroy("r"))) << "no room came of it, as far as is known here";
}

TEST_F(GroupDeliveriesTasks, LeaveNothingBehindWhenTheGroupIsMade) {
  deliveries_->BeginMaking(Id("r"));
  deliveries_->NoteTask(Id("r"));
  EXPECT_EQ(deliveries_->tasks(), 1u);
  deliveries_->ClearTask(Id("r"));
  deliveries_->EndMaking(Id("r"));
  EXPECT_EQ(deliveries_->tasks(), 0u);
  EXPECT_EQ(deliveries_->groups(), 0u);
}

}  // namespace
}  // namespace rtcroom
