// What committed events make of groups' debts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/im/deliveries_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class GroupDeliveriesEvents : public DeliveriesFixture {};

TEST_F(GroupDeliveriesEvents, OweNothingForAGen1RoomWithItsCreator) {
  Created("r");
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_EQ(deliveries_->groups(), 0u);
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u);
}

TEST_F(GroupDeliveriesEvents, OweANoticeToEachRoomThatAPusherJoinsOrLeaves) {
  Added("a");
  Left("b");
  EXPECT_THAT(Due(), UnorderedElementsAre(Notice("a"), Notice("b")));
}

TEST_F(GroupDeliveriesEvents, OweANoticeForAPusherThatComesBackInGen2) {
  Take(events_.Event("one", PusherUpdated{}, 5, Dialect::kGen1));
  Take(events_.Event("two", PusherUpdated{}, 5, Dialect::kGen2));
  EXPECT_THAT(Due(), ElementsAre(Notice("two")));
}

TEST_F(GroupDeliveriesEvents, MergeNoticesThatWaitForTheSameGroup) {
  Added("r");
  Left("r");
  Added("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Notice("r")));
  EXPECT_EQ(deliveries_->HandledUpTo(), 3u);
}

TEST_F(GroupDeliveriesEvents, OweAnotherNoticeForAChangeAfterTheLastOneWasSent) {
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  Added("r");
  EXPECT_THAT(Due(), IsEmpty());  // one at a time
  Finish("r", Step::kSystemNotice);
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
}

TEST_F(GroupDeliveriesEvents, OweOnlyTheDestroyOfARoomThatEnds) {
  Added("r");
  Ended("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r")));
}

TEST_F(GroupDeliveriesEvents, HoldBackTheNoticeOfAPusherWhoMayHaveEndedTheRoom) {
  Take(events_.Event("r", PusherDeleted{.user_id = {"creator"}}, 8));
  EXPECT_THAT(Due(), IsEmpty());
  Take(events_.Event("r", PusherDeleted{.reason = LeaveReason::kRoomDestroyed}, 9));
  EXPECT_THAT(Due(), IsEmpty());
  Take(events_.Event("r", RoomDestroyed{}, 10));
  EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
}

TEST_F(GroupDeliveriesEvents, SendThatNoticeWhenTheNextEventIsAnothers) {
  Take(events_.Event("r", PusherDeleted{.user_id = {"guest"}}, 8));
  Created("other");
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
}

TEST_F(GroupDeliveriesEvents, CancelADestroyThatWaitsWhenARoomOfThatIdBegins) {
  Ended("r");
  Created("r");
  Added("r");
  EXPECT_THAT(AnswerAll(), ElementsAre(Notice("r")));
}

TEST_F(GroupDeliveriesEvents, FinishADestroyUnderWayBeforeTheNoticesOfTheNextRoom) {
  Ended("r");
  EXPECT_THAT(Due(), ElementsAre(Destroy("r")));
  Created("r");
  Added("r");
  EXPECT_THAT(Due(), IsEmpty());
  // It failed, and is none of the new room's business.
  Finish("r", Step::kDestroy, ImOutcome::kPassing);
  Advance(std::chrono::seconds(1));
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
}

TEST_F(GroupDeliveriesEvents, SendNoNoticeAgainThatFailedWhenItsRoomHasEnded) {
  Added("r");
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  Ended("r");
  Finish("r", Step::kSystemNotice, ImOutcome::kPassing);
  EXPECT_THAT(AnswerAll(), ElementsAre(Destroy("r")));
}

TEST_F(GroupDeliveriesEvents, HandOutGroupsInTheOrderInWhichTheyBecameDue) {
  Added("b");
  Advance(std::chrono::milliseconds(1));
  Added("a");
  Advance(std::chrono::milliseconds(1));
  Added("b");
  EXPECT_THAT(Due(), ElementsAre(Notice("b"), Notice("a")));
}

TEST_F(GroupDeliveriesEvents, AreHandledUpToTheOldestThatIsOwed) {
  Created("a");  // 1, 2
  Added("a");    // 3
  Added("b");    // 4
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u);
  EXPECT_THAT(Due(), ElementsAre(Notice("a"), Notice("b")));
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u) << "a call under way may fail";
  Finish("b", Step::kSystemNotice);
  EXPECT_EQ(deliveries_->HandledUpTo(), 2u);
  Finish("a", Step::kSystemNotice);
  EXPECT_EQ(deliveries_->HandledUpTo(), 4u);
}

TEST_F(GroupDeliveriesEvents, AreHandledWhenABusyRoomHasChangedAgainMeanwhile) {
  Added("r");  // 1
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  Added("r");  // 2
  Finish("r", Step::kSystemNotice);
  EXPECT_EQ(deliveries_->HandledUpTo(), 1u);
}

TEST_F(GroupDeliveriesEvents, StayOwedFromTheFirstOneWhenACallFails) {
  Added("r");  // 1
  EXPECT_THAT(Due(), ElementsAre(Notice("r")));
  Added("r");  // 2
  Finish("r", Step::kSystemNotice, ImOutcome::kUnreachable);
  EXPECT_EQ(deliveries_->HandledUpTo(), 0u);
}

TEST_F(GroupDeliveriesEvents, AreHandledUpToAPositionThatTheStoreGave) {
  deliveries_->StartAt(100);
  EXPECT_EQ(deliveries_->HandledUpTo(), 100u);
  events_.JumpTo(110);
  Created("a");  // 111, 112
  events_.JumpTo(120);
  Added("a");  // 121
  EXPECT_EQ(deliveries_->HandledUpTo(), 112u);
}

TEST_F(GroupDeliveriesEvents, AreNotTakenWhenTooManyGroupsAreOwedSomething) {
  Restart(NotifyVia::kSystem, {.max_groups = 2});
  Added("a");
  EXPECT_TRUE(deliveries_->CanTake());
  Added("b");
  EXPECT_FALSE(deliveries_->CanTake());
  EXPECT_THAT(AnswerAll(), ElementsAre(Notice("a"), Notice("b")));
  EXPECT_TRUE(deliveries_->CanTake());
}

TEST_F(GroupDeliveriesEvents, AreTakenAtTheLimitWhileTheLastChangeIsUnfinished) {
  Restart(NotifyVia::kSystem, {.max_groups = 1});
  Take(events_.Event("r", PusherDeleted{.user_id = {"creator"}}, 8));
  EXPECT_TRUE(deliveries_->CanTake()) << "or nothing would ever move again";
  Take(events_.Event("r", RoomDestroyed{}, 9));
  EXPECT_FALSE(deliveries_->CanTake());
}

TEST_F(GroupDeliveriesEvents, ThatAreLostMakeARoomOwedANotice) {
  deliveries_->StartAt(500);
  deliveries_->TakeRoom({.kind = RoomKind::kLive, .id = {"r"}}, now_);
  EXPECT_TRUE(deliveries_->Owes(500));
  EXPECT_EQ(deliveries_->HandledUpTo(), 500u);
  EXPECT_THAT(AnswerAll(), ElementsAre(Notice("r")));
  EXPECT_FALSE(deliveries_->Owes(500));
}

}  // namespace
}  // namespace rtcroom
