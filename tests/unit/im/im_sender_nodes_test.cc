// One of several nodes on a store.
#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/im/im_sender_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Le;

class ImSenderNodes : public ImSenderFixture {
 protected:
  ImSenderNodes() { Restart(); }

  void BeOnDuty(bool on_duty) {
    node_.lease.Record(on_duty ? NodeStanding{.terms = {1, 1, 1, 1}, .nodes = 2}
                               : NodeStanding{.nodes = 2});
  }
  /// When the pending destroys are due.
  std::vector<TimePoint> DestroysDue() {
    std::vector<TimePoint> due;
    for (const Delivery& destroy : Pending(DeliveryKind::kDestroyGroup)) {
      due.push_back(destroy.next_try);
    }
    return due;
  }
  /// A claim ends after the outcome of its calls is written.
  [[nodiscard]] bool EventuallyReleased() {
    return EventuallyAsTimePasses([this] { return !cluster_.IsClaimed(Group()); });
  }
  [[nodiscard]] static RoomId Group() { return {"r"}; }
};

TEST_F(ImSenderNodes, OnlyTheOneWithTheDutySendsDeliveries) {
  BeOnDuty(false);
  Create("r");
  Join("r");
  Create("last");  // its rounds are over when this is answered
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), CreateOf("last")}));
  EXPECT_EQ(PendingGroups(), 1U);
  BeOnDuty(true);
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), CreateOf("last"), NoticeOf("r")}));
}

TEST_F(ImSenderNodes, AGroupIsClaimedUntilItsRoomIsStored) {
  const Result<GroupReady> made = Make("r");
  ASSERT_OK(made);
  EXPECT_TRUE(cluster_.IsClaimed(Group()));
  Commit("r", *made);
  Keep("r");
  EXPECT_FALSE(cluster_.IsClaimed(Group()));
}

TEST_F(ImSenderNodes, AGroupThatAnotherNodeHasClaimedIsWaitedFor) {
  cluster_.ClaimElsewhere(Group());
  Made made;
  sender_->MakeGroup(Group(), IdOrigin::kNamed, Deadline(), made.Callback());
  EXPECT_THAT(service_.calls(), IsEmpty());
  cluster_.ReleaseElsewhere(Group());
  ASSERT_OK(made.Get());
  EXPECT_TRUE(EventuallyCalled({CreateOf("r")}));
}

TEST_F(ImSenderNodes, AGroupIsNotWaitedForBeyondTheDeadline) {
  cluster_.ClaimElsewhere(Group());
  Made made;
  sender_->MakeGroup(Group(), IdOrigin::kNamed, clock_.Monotonic(), made.Callback());
  EXPECT_ERROR(kUnavailable, made.Get());
  EXPECT_THAT(service_.calls(), IsEmpty());
}

TEST_F(ImSenderNodes, AGroupThatAnotherNodeMakesIsNotDestroyed) {
  Create("r");
  cluster_.ClaimElsewhere(Group());
  End("r");
  Create("other");
  Join("other");
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), CreateOf("other"), NoticeOf("other")}));
  cluster_.ReleaseElsewhere(Group());
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().back(), DestroyOf("r"));
  EXPECT_TRUE(EventuallyReleased());
}

TEST_F(ImSenderNodes, ACreateThatIsRefusedLeavesTheClaimToTheDestroy) {
  LeaveADestroyUnderWay("r");
  Made made;
  sender_->MakeGroup(Group(), IdOrigin::kNamed, clock_.Monotonic(), made.Callback());
  EXPECT_ERROR(kUnavailable, made.Get());
  Abandon("r");
  EXPECT_TRUE(cluster_.IsClaimed(Group()));
  service_.Release();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_TRUE(EventuallyReleased());
}

TEST_F(ImSenderNodes, ADestroyKeepsItsClaimUntilItsOutcomeIsWritten) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  deliveries_.broken = true;
  End("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Logged("im_outcome_not_stored") == 1; }));
  EXPECT_TRUE(cluster_.IsClaimed(Group()));
  deliveries_.broken = false;
  EXPECT_TRUE(EventuallyReleased());
  EXPECT_EQ(PendingGroups(), 0U);
}

TEST_F(ImSenderNodes, ADestroyIsClaimedForLongerThanItsCallsTake) {
  options_.call_timeout = std::chrono::minutes(1);
  Restart();
  LeaveADestroyUnderWay("r");
  EXPECT_GT(cluster_.ClaimTime(Group()), options_.call_timeout + 4 * kLongestStoreRead);
}

TEST_F(ImSenderNodes, AGroupThatIsBeingMadeIsDestroyedByAnotherOnlyWhenItIsLeftOver) {
  BeOnDuty(false);
  const TimePoint latest_answer =
      clock_.Now() + std::chrono::ceil<milliseconds>(Deadline() - clock_.Monotonic());
  ASSERT_OK(Make("g"));
  EXPECT_THAT(DestroysDue(), ElementsAre(Gt(latest_answer)));
}

TEST_F(ImSenderNodes, AGroupIsDestroyedAtOnceWhenItsRoomWasNotStored) {
  BeOnDuty(false);
  ASSERT_OK(Make("g"));
  Abandon("g");
  EXPECT_THAT(DestroysDue(), ElementsAre(Le(clock_.Now())));
}

TEST_F(ImSenderNodes, AGroupThatTheOnlyNodeLeavesOverIsDestroyedAtOnce) {
  node_.lease.Record({.nodes = 1});
  ASSERT_OK(Make("g"));
  EXPECT_THAT(DestroysDue(), ElementsAre(Le(clock_.Now())));
}

TEST_F(ImSenderNodes, TheBudgetOfCreatesIsShared) {
  BeOnDuty(false);
  EXPECT_TRUE(EventuallyAsTimePasses([this] {
    return budget_.PerSecond(GroupCommand::kCreate, clock_.Monotonic()) ==
           ImCallBudget::kPerSecond / 2;
  }));
}

}  // namespace
}  // namespace rtcroom
