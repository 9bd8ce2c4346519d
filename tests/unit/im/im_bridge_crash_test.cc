// A process that dies. What it had in memory is gone.
#include <vector>

#include "tests/unit/im/im_bridge_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ImBridgeCrash : public ImBridgeFixture {
 protected:
  ImBridgeCrash() { Restart(); }
};

TEST_F(ImBridgeCrash, BeforeTheCallLeavesATaskThatIsForgotten) {
  ASSERT_OK(memory_.PutGroupTask({.group = {"g"}, .kind = GroupTaskKind::kMaking}));
  Crash();
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), ElementsAre(DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImBridgeCrash, DuringTheCallLeavesWhatComesOfItLaterToBeDestroyed) {
  ASSERT_OK(memory_.PutGroupTask({.group = {"g"}, .kind = GroupTaskKind::kMaking}));
  Crash();
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() == 1; }));
  Restart();  // before the second look
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), ElementsAre(DestroyOf("g"), DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImBridgeCrash, AfterTheCallLeavesAGroupThatIsDestroyed) {
  EXPECT_OK(Make("g"));
  Crash();
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g"), DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImBridgeCrash, AfterTheCommitLeavesTheGroupToItsRoom) {
  Commit("g", *Make("g"));
  Crash();
  EXPECT_THAT(Tasks(), IsEmpty());
  EXPECT_TRUE(EventuallyAtRest());
  Join("g");
  EXPECT_TRUE(EventuallyCalled({CreateOf("g"), NoticeOf("g")}));
}

TEST_F(ImBridgeCrash, AfterTheRoomWasGivenUpLeavesAGroupThatIsDestroyed) {
  EXPECT_OK(Make("g"));
  service_.AnswerWith(ImOutcome::kUnreachable);
  Abandon("g");
  Crash();
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_EQ(service_.calls().back(), DestroyOf("g"));
}

TEST_F(ImBridgeCrash, OfANamedIdLeavesTheGroupForTheNextCreate) {
  EXPECT_OK(Make("r", IdOrigin::kNamed));
  Crash();
  EXPECT_EQ(bridge_->owed_groups(), 0u);
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), CreateOf("r")));
}

TEST_F(ImBridgeCrash, AfterADegradedRoomWasStoredLeavesItsGroupToBeMade) {
  options_.maker.on_failure = OnCreateFailure::kDegrade;
  Restart();
  service_.AnswerWith(ImOutcome::kUnreachable);
  Commit("g", *Make("g"));
  Join("g");
  Crash();
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyNoTasks());
  const std::vector<GroupCall> calls = service_.calls();
  ASSERT_GE(calls.size(), 2u);
  EXPECT_EQ(calls[calls.size() - 2], CreateOf("g"));
  EXPECT_EQ(calls.back(), NoticeOf("g"));
}

TEST_F(ImBridgeCrash, LeavesNoCreateForARoomThatIsGone) {
  ASSERT_OK(memory_.PutGroupTask({.group = {"g"}, .kind = GroupTaskKind::kCreate}));
  Crash();
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), IsEmpty());
}

TEST_F(ImBridgeCrash, NeverDestroysTheGroupOfARoomThatIsStored) {
  Create("r");
  ASSERT_OK(memory_.PutGroupTask({.group = {"r"}, .kind = GroupTaskKind::kDestroy}));
  Crash();
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r")));
}

}  // namespace
}  // namespace rtcroom
