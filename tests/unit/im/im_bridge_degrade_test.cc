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
  EXPECT_EQ(observer_.dropped, 1);
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

}  // namespace
}  // namespace rtcroom
