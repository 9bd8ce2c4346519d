// Groups that are made before their rooms.
#include <chrono>
#include <list>
#include <string>
#include <vector>

#include "tests/unit/im/im_bridge_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::IsEmpty;
using testing::Le;

class ImBridgeMaking : public ImBridgeFixture {
 protected:
  ImBridgeMaking() { Restart(); }
};

TEST_F(ImBridgeMaking, StoresTheIntentBeforeItAsksAndTheRoomTakesItAway) {
  std::vector<GroupTask> stored;
  service_.AnswerWith([&](const GroupCall&) {
    stored = Tasks();
    return ImOutcome::kDone;
  });
  const Result<GroupReady> made = Make("g");
  ASSERT_OK(made);
  EXPECT_THAT(stored, ElementsAre(GroupTask{.group = {"g"}, .kind = GroupTaskKind::kMaking}));
  ASSERT_TRUE(made->with_room);
  EXPECT_EQ(made->with_room->group, RoomId{"g"});
  EXPECT_FALSE(made->with_room->to);
  Commit("g", *made);
  Keep("g");
  EXPECT_THAT(Tasks(), IsEmpty());
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g")));
  EXPECT_EQ(bridge_->stored_tasks(), 0u);
}

TEST_F(ImBridgeMaking, StoresNothingForANamedId) {
  std::vector<GroupTask> stored;
  service_.AnswerWith([&](const GroupCall&) {
    stored = Tasks();
    return ImOutcome::kDone;
  });
  const Result<GroupReady> made = Make("r", IdOrigin::kNamed);
  ASSERT_OK(made);
  EXPECT_THAT(stored, IsEmpty());
  EXPECT_FALSE(made->with_room);
}

TEST_F(ImBridgeMaking, TriesThreeTimes) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kTooFast, ImOutcome::kDone});
  EXPECT_OK(Make("g"));
  EXPECT_EQ(service_.calls().size(), 3u);
  EXPECT_THAT(service_.timeouts(), Each(AllOf(Gt(milliseconds(0)), Le(seconds(5)))));
}

TEST_F(ImBridgeMaking, FailsWhenNoTryWasAnswered) {
  service_.AnswerWith(ImOutcome::kPassing);
  EXPECT_ERROR(kUnavailable, Make("g"));
  EXPECT_EQ(service_.calls().size(), 3u);
  EXPECT_EQ(Logged("im_unreachable"), 1);
}

TEST_F(ImBridgeMaking, MakesNoCallThatWouldPassTheDeadline) {
  service_.AnswerWith([this](const GroupCall&) {
    clock_.Advance(seconds(5));
    return ImOutcome::kPassing;
  });
  EXPECT_ERROR(kUnavailable, Make("g"));
  ASSERT_EQ(service_.timeouts().size(), 2u);
  EXPECT_EQ(service_.timeouts()[0], seconds(5));
  EXPECT_THAT(service_.timeouts()[1], Le(seconds(3)));
}

TEST_F(ImBridgeMaking, SaysWhoseIdIsTakenByAnotherAndLeavesThatGroupAlone) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kTakenByAnother, ImOutcome::kDone});
  EXPECT_ERROR(kRoomExists, Make("g"));
  Abandon("g");
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g"), CreateOf("g")));
}

TEST_F(ImBridgeMaking, GivesUpAtOnceWhenTheServiceRefuses) {
  for (const ImOutcome outcome :
       {ImOutcome::kQuotaUsedUp, ImOutcome::kRefused, ImOutcome::kMisconfigured}) {
    Restart();
    const std::size_t before = service_.calls().size();
    service_.AnswerWith(outcome);
    EXPECT_ERROR(kUnavailable, Make("g"));
    Abandon("g");
    EXPECT_TRUE(EventuallyNoTasks()) << outcome;
    EXPECT_EQ(service_.calls().size(), before + 1) << "nothing was made, so nothing is destroyed";
  }
  EXPECT_EQ(Logged("im_quota_used_up"), 1);
  EXPECT_EQ(Logged("im_refused"), 1);
  EXPECT_EQ(Logged("im_misconfigured"), 1);
}

TEST_F(ImBridgeMaking, DestroysWhatATimeoutMayHaveMade) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kRefused, ImOutcome::kDone});
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(),
              ElementsAre(CreateOf("g"), CreateOf("g"), DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImBridgeMaking, DestroysWhatComesOfATimeoutAfterTheDestroy) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kDone});
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() == 4; })) << "at once";
  // The create takes effect now. The next start, if it comes before the second look, knows of it.
  EXPECT_THAT(Tasks(), ElementsAre(GroupTask{.group = {"g"}, .kind = GroupTaskKind::kDestroy}));
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return service_.calls().size() == 5; }));
  EXPECT_EQ(service_.calls().back(), DestroyOf("g"));
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_EQ(service_.calls().size(), 5u);
}

TEST_F(ImBridgeMaking, DestroysNothingWhenTheServiceWasNeverReached) {
  service_.AnswerWith(ImOutcome::kUnreachable);
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), Each(CreateOf("g")));
}

TEST_F(ImBridgeMaking, DestroysTheGroupOfARoomThatWasNotStored) {
  EXPECT_OK(Make("g"));
  service_.AnswerWith(ImOutcome::kUnreachable);
  Abandon("g");
  EXPECT_THAT(Tasks(), ElementsAre(GroupTask{.group = {"g"}, .kind = GroupTaskKind::kDestroy}));
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_EQ(service_.calls().back(), DestroyOf("g"));
}

TEST_F(ImBridgeMaking, LeavesTheGroupOfANamedIdForTheNextCreate) {
  EXPECT_OK(Make("r", IdOrigin::kNamed));
  Abandon("r");
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_OK(Make("r", IdOrigin::kNamed));
  Abandon("r");
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), CreateOf("r")));
}

TEST_F(ImBridgeMaking, SparesTheGroupOfARoomThatIsStoredAfterAll) {
  const Result<GroupReady> made = Make("g");
  Commit("g", *made);  // though it was told that the store had failed
  Abandon("g");
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g")));
}

TEST_F(ImBridgeMaking, AsksNobodyWhenTheIntentCannotBeStored) {
  class FailingTasks : public GroupTaskStore {
   public:
    Result<std::vector<GroupTask>> LoadGroupTasks() override { return std::vector<GroupTask>(); }
    Status PutGroupTask(const GroupTask& /*task*/) override {
      return Error{Errc::kStoreBroken, "disk full"};
    }
    Status RemoveGroupTask(const RoomId& group) override {
      removed = group.value;
      return {};
    }
    std::string removed;
  };
  FailingTasks tasks;
  bridge_.reset();
  ImBridge bridge(PartsOn(store_, tasks, memory_), options_);
  ASSERT_OK(bridge.Start());
  Made made;
  bridge.MakeGroup({"g"}, IdOrigin::kGenerated, Deadline(), made.Callback());
  EXPECT_ERROR(kUnavailable, made.Get());
  bridge.FinishGroup({"g"}, GroupFate::kAbandoned);
  EXPECT_TRUE(EventuallyAsTimePasses([&] { return bridge.owed_groups() == 0; }));
  EXPECT_EQ(tasks.removed, "g") << "it may have been stored all the same";
  EXPECT_THAT(service_.calls(), IsEmpty());
}

TEST_F(ImBridgeMaking, WaitsForADestroyOfAnEarlierRoomThatIsUnderWay) {
  LeaveADestroyUnderWay("r");
  Made made;
  bridge_->MakeGroup({"r"}, IdOrigin::kNamed, Deadline(), made.Callback());
  Made next;
  bridge_->MakeGroup({"s"}, IdOrigin::kNamed, Deadline(), next.Callback());
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 2; }));
  EXPECT_EQ(service_.calls().back(), CreateOf("s"));
  service_.Release();
  EXPECT_OK(made.Get());
  EXPECT_EQ(service_.calls().back(), CreateOf("r"));
}

TEST_F(ImBridgeMaking, WaitsForItsTurnNoLongerThanItMay) {
  LeaveADestroyUnderWay("r");
  Made made;
  bridge_->MakeGroup({"r"}, IdOrigin::kNamed, clock_.Monotonic() + milliseconds(20),
                     made.Callback());
  EXPECT_ERROR(kUnavailable, made.Get());
  Abandon("r");
  service_.Release();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r")));
}

TEST_F(ImBridgeMaking, CancelsTheDestroyOfAnEarlierRoomThatIsNotSentYet) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.AnswerWith([](const GroupCall& call) {
    return call.command == GroupCommand::kDestroy ? ImOutcome::kUnreachable : ImOutcome::kDone;
  });
  End("r");
  EXPECT_TRUE(Eventually([this] { return observer_.retries == 1; }));
  Create("r");
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r"), CreateOf("r")));
}

TEST_F(ImBridgeMaking, SendsNothingToAGroupThatIsBeingMade) {
  Create("r");
  EXPECT_OK(Make("s", IdOrigin::kNamed));
  Commit("s");
  Join("s");  // before create_room has been answered
  Join("r");
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() == 3; }));
  EXPECT_EQ(service_.calls().back(), NoticeOf("r"));
  Keep("s");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().back(), NoticeOf("s"));
}

TEST_F(ImBridgeMaking, TurnsAwayWhoeverFindsNoPlaceToWait) {
  service_.Hold();
  std::list<Made> waiting;
  for (int i = 0; i < 16 + 256; ++i) {
    bridge_->MakeGroup({"r" + std::to_string(i)}, IdOrigin::kNamed, Deadline(),
                       waiting.emplace_back().Callback());
  }
  Made turned_away;
  bridge_->MakeGroup({"last"}, IdOrigin::kNamed, Deadline(), turned_away.Callback());
  EXPECT_EQ(turned_away.times(), 1u) << "at once";
  EXPECT_ERROR(kUnavailable, turned_away.Get());
  bridge_->FinishGroup({"last"}, GroupFate::kAbandoned);
  service_.Release();
  EXPECT_TRUE(EventuallyAsTimePasses([&] {
    return std::ranges::all_of(waiting, [](const Made& made) { return made.times() == 1; });
  }));
}

TEST_F(ImBridgeMaking, TurnsEverybodyAwayWhileTooManyTasksAreStored) {
  options_.maker.max_tasks = 1;
  ASSERT_OK(memory_.PutGroupTask({.group = {"old"}, .kind = GroupTaskKind::kDestroy}));
  service_.AnswerWith(ImOutcome::kUnreachable);
  Restart();
  EXPECT_ERROR(kUnavailable, Make("g"));
  bridge_->FinishGroup({"g"}, GroupFate::kAbandoned);
  EXPECT_THAT(service_.calls(), Each(DestroyOf("old")));
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyNoTasks());
  EXPECT_OK(Make("g"));
}

}  // namespace
}  // namespace rtcroom
