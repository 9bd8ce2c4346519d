// Rooms that need not wait for their groups.
#include <vector>

#include "tests/unit/im/im_bridge_fixture.h"

namespace rtcroom {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class ImBridgeDegrading : public ImBridgeFixture {
 protected:
  ImBridgeDegrading() {
    options_.maker.on_failure = OnCreateFailure::kDegrade;
    Restart();
  }
};

TEST_F(ImBridgeDegrading, LetsTheRoomBeAndMakesItsGroupLaterBeforeItsNotices) {
  service_.AnswerWith(ImOutcome::kUnreachable);
  const Result<GroupReady> made = Make("g");
  ASSERT_OK(made);
  ASSERT_TRUE(made->with_room);
  EXPECT_EQ(made->with_room->to, GroupTaskKind::kCreate);
  Commit("g", *made);
  EXPECT_THAT(Tasks(), ElementsAre(GroupTask{.group = {"g"}, .kind = GroupTaskKind::kCreate}));
  Join("g");
  Keep("g");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return service_.calls().size() > 5; }));
  EXPECT_THAT(service_.calls(), Each(CreateOf("g")));
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(Tasks(), IsEmpty());
  EXPECT_EQ(service_.calls().back(), NoticeOf("g"));
}

TEST_F(ImBridgeDegrading, DoesSoForANamedIdToo) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kDone});
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().size(), 4u);
  EXPECT_THAT(Tasks(), IsEmpty());
}

TEST_F(ImBridgeDegrading, MakesNoGroupOfARoomThatHasEnded) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kDone});
  const Result<GroupReady> made = Make("g");
  ASSERT_OK(made);
  Commit("g", *made);
  End("g");
  Keep("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().size(), 4u);
  EXPECT_EQ(service_.calls().back(), DestroyOf("g")) << "one of the tries may have made it";
  EXPECT_THAT(Tasks(), IsEmpty());
}

TEST_F(ImBridgeDegrading, StillFailsWhenTheServiceRefuses) {
  service_.AnswerWith(ImOutcome::kQuotaUsedUp);
  EXPECT_ERROR(kUnavailable, Make("g"));
  service_.AnswerWith(ImOutcome::kTakenByAnother);
  EXPECT_ERROR(kRoomExists, Make("r", IdOrigin::kNamed));
}

TEST_F(ImBridgeDegrading, SendsNothingToAGroupThatTurnsOutToBeAStrangers) {
  AnswerInTurn(
      {ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kTakenByAnother});
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  Join("r");
  End("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), Each(CreateOf("r")));
  EXPECT_TRUE(Eventually([this] { return observer_.dropped == 1; }));
  EXPECT_TRUE(EventuallyNoTasks());
}

TEST_F(ImBridgeDegrading, LearnsAgainAfterARestartThatAGroupIsAStrangers) {
  AnswerInTurn(
      {ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kTakenByAnother});
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  Restart();
  EXPECT_TRUE(EventuallyAtRest());
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  End("r");
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), Each(CreateOf("r")));
  EXPECT_EQ(service_.calls().size(), 5u);
}

TEST_F(ImBridgeDegrading, TurnsNobodyAwayForWantOfACaller) {
  options_.maker.callers = 1;
  options_.maker.max_waiting = 1;
  Restart();
  service_.Hold();
  Made hanging;
  bridge_->MakeGroup({"a"}, IdOrigin::kGenerated, Deadline(), hanging.Callback());
  ASSERT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  Made waiting;
  bridge_->MakeGroup({"b"}, IdOrigin::kGenerated, Deadline(), waiting.Callback());
  Made turned_away;
  bridge_->MakeGroup({"c"}, IdOrigin::kGenerated, Deadline(), turned_away.Callback());
  ASSERT_EQ(turned_away.times(), 1u) << "at once";
  const Result<GroupReady> later = turned_away.Get();
  ASSERT_OK(later);
  ASSERT_TRUE(later->with_room);
  EXPECT_EQ(later->with_room->to, GroupTaskKind::kCreate);
  Commit("c", *later);
  Keep("c");
  clock_.Advance(std::chrono::seconds(3));  // by which b has waited for too long
  service_.Release();
  EXPECT_OK(hanging.Get());
  const Result<GroupReady> waited = waiting.Get();
  ASSERT_OK(waited);
  EXPECT_EQ(waited->with_room->to, GroupTaskKind::kCreate);
  Abandon("a");
  Abandon("b");
  EXPECT_TRUE(EventuallyNoTasks());
  const std::vector<GroupCall> calls = service_.calls();
  EXPECT_THAT(calls, testing::UnorderedElementsAre(CreateOf("a"), DestroyOf("a"), CreateOf("c")));
}

TEST_F(ImBridgeDegrading, MakesNoRoomOfAGroupThatIsAboutToEnd) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  End("r");
  ASSERT_TRUE(EventuallyAsTimePasses([this] { return service_.hanging() == 1; }));
  Made made;
  bridge_->MakeGroup({"r"}, IdOrigin::kNamed, clock_.Monotonic() + std::chrono::milliseconds(20),
                     made.Callback());
  EXPECT_ERROR(kUnavailable, made.Get());
  Abandon("r");
  service_.Release();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r")));
  EXPECT_THAT(Tasks(), IsEmpty());
}

TEST_F(ImBridgeDegrading, TriesOnlyOnceWhileTheServiceIsUnreachable) {
  service_.AnswerWith(ImOutcome::kUnreachable);
  EXPECT_OK(Make("a"));
  EXPECT_EQ(service_.calls().size(), 3u);
  EXPECT_OK(Make("b"));
  EXPECT_EQ(service_.calls().size(), 4u);
  Abandon("a");
  Abandon("b");
  EXPECT_TRUE(EventuallyNoTasks());
}

TEST_F(ImBridgeDegrading, StillTurnsAwayWhoComesWhenItStops) {
  bridge_->Stop(std::chrono::milliseconds(0));
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
}

}  // namespace
}  // namespace rtcroom
