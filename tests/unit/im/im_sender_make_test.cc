// Groups that are created before their rooms.
#include <chrono>
#include <list>
#include <string>
#include <vector>

#include "tests/unit/im/im_sender_fixture.h"

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

class ImSenderGroupCreation : public ImSenderFixture {
 protected:
  ImSenderGroupCreation() { Restart(); }
};

TEST_F(ImSenderGroupCreation, StoresItsIntentUntilTheRoomIsStored) {
  std::vector<std::string> stored;
  service_.AnswerWith([&](const GroupCall&) {
    stored = DestroysOf("g");
    return ImOutcome::kDone;
  });
  const Result<GroupReady> made = Make("g");
  ASSERT_OK(made);
  EXPECT_THAT(stored, ElementsAre("repeat"));
  EXPECT_FALSE(made->is_made_later);
  Commit("g", *made);
  EXPECT_EQ(PendingGroups(), 0u);
  Keep("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g")));
}

TEST_F(ImSenderGroupCreation, StoresNoIntentForANamedId) {
  std::vector<std::string> stored;
  service_.AnswerWith([&](const GroupCall&) {
    stored = DestroysOf("r");
    return ImOutcome::kDone;
  });
  const Result<GroupReady> made = Make("r", IdOrigin::kNamed);
  ASSERT_OK(made);
  EXPECT_THAT(stored, IsEmpty());
  EXPECT_FALSE(made->is_made_later);
}

TEST_F(ImSenderGroupCreation, TriesThreeTimes) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kTooFast, ImOutcome::kDone});
  EXPECT_OK(Make("g"));
  EXPECT_EQ(service_.calls().size(), 3u);
  EXPECT_THAT(service_.timeouts(), Each(AllOf(Gt(milliseconds(0)), Le(seconds(5)))));
}

TEST_F(ImSenderGroupCreation, FailsIfNoAttemptIsAnswered) {
  service_.AnswerWith(ImOutcome::kPassing);
  EXPECT_ERROR(kUnavailable, Make("g"));
  EXPECT_EQ(service_.calls().size(), 3u);
  EXPECT_EQ(Logged("im_unreachable"), 1);
}

TEST_F(ImSenderGroupCreation, MakesNoCallBeyondTheDeadline) {
  service_.AnswerWith([this](const GroupCall&) {
    clock_.Advance(seconds(5));
    return ImOutcome::kPassing;
  });
  EXPECT_ERROR(kUnavailable, Make("g"));
  ASSERT_EQ(service_.timeouts().size(), 2u);
  EXPECT_EQ(service_.timeouts()[0], seconds(5));
  EXPECT_THAT(service_.timeouts()[1], Le(seconds(3)));
}

TEST_F(ImSenderGroupCreation, ReportsAndKeepsAForeignGroup) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kTakenByAnother, ImOutcome::kDone});
  EXPECT_ERROR(kRoomExists, Make("g"));
  Abandon("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g"), CreateOf("g")));
}

TEST_F(ImSenderGroupCreation, FailsImmediatelyIfTheServiceRefuses) {
  for (const ImOutcome outcome :
       {ImOutcome::kQuotaUsedUp, ImOutcome::kRefused, ImOutcome::kMisconfigured}) {
    Restart();
    const std::size_t before = service_.calls().size();
    service_.AnswerWith(outcome);
    EXPECT_ERROR(kUnavailable, Make("g"));
    Abandon("g");
    EXPECT_TRUE(EventuallyAtRest()) << outcome;
    EXPECT_EQ(service_.calls().size(), before + 1) << "no group was created, so none is destroyed";
  }
  EXPECT_EQ(Logged("im_quota_used_up"), 1);
  EXPECT_EQ(Logged("im_refused"), 1);
  EXPECT_EQ(Logged("im_misconfigured"), 1);
}

TEST_F(ImSenderGroupCreation, DestroysAGroupAfterATimeout) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kRefused, ImOutcome::kDone});
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(),
              ElementsAre(CreateOf("g"), CreateOf("g"), DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImSenderGroupCreation, DestroysAGroupThatIsCreatedLate) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kDone});
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() == 4; })) << "at once";
  // The create takes effect now. The pending destroy also covers a restart before the second one.
  EXPECT_TRUE(Eventually([this] { return DestroysOf("g") == std::vector<std::string>{""}; }));
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return service_.calls().size() == 5; }));
  EXPECT_EQ(service_.calls().back(), DestroyOf("g"));
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().size(), 5u);
}

TEST_F(ImSenderGroupCreation, DestroysNothingIfTheServiceWasUnreachable) {
  service_.AnswerWith(ImOutcome::kUnreachable);
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), Each(CreateOf("g")));
}

TEST_F(ImSenderGroupCreation, DestroysTheGroupOfARoomThatWasNotStored) {
  EXPECT_OK(Make("g"));
  service_.AnswerWith(ImOutcome::kUnreachable);
  Abandon("g");
  EXPECT_THAT(DestroysOf("g"), ElementsAre(""));
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().back(), DestroyOf("g"));
}

TEST_F(ImSenderGroupCreation, KeepsTheGroupOfANamedIdForTheNextCreate) {
  EXPECT_OK(Make("r", IdOrigin::kNamed));
  Abandon("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_OK(Make("r", IdOrigin::kNamed));
  Abandon("r");
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), CreateOf("r")));
}

TEST_F(ImSenderGroupCreation, KeepsTheGroupIfTheRoomWasStored) {
  const Result<GroupReady> made = Make("g");
  Commit("g", *made);  // after a reported store failure
  Abandon("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g")));
}

TEST_F(ImSenderGroupCreation, MakesNoCallIfTheIntentCannotBeStored) {
  deliveries_.broken = true;
  EXPECT_ERROR(kUnavailable, Make("g"));
  deliveries_.broken = false;
  Enqueue("g", DeliveryKind::kDestroyGroup, "repeat");  // was stored despite the error
  Abandon("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), IsEmpty());
}

TEST_F(ImSenderGroupCreation, WaitsForARunningDestroyOfTheSameId) {
  LeaveADestroyUnderWay("r");
  Made made;
  sender_->MakeGroup({"r"}, IdOrigin::kNamed, Deadline(), made.Callback());
  Made next;
  sender_->MakeGroup({"s"}, IdOrigin::kNamed, Deadline(), next.Callback());
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 2; }));
  EXPECT_EQ(service_.calls().back(), CreateOf("s"));
  service_.Release();
  EXPECT_OK(made.Get());
  EXPECT_EQ(service_.calls().back(), CreateOf("r"));
}

TEST_F(ImSenderGroupCreation, BoundsTheWaitForARunningDestroy) {
  LeaveADestroyUnderWay("r");
  Made made;
  sender_->MakeGroup({"r"}, IdOrigin::kNamed, clock_.Monotonic() + milliseconds(20),
                     made.Callback());
  EXPECT_ERROR(kUnavailable, made.Get());
  Abandon("r");
  service_.Release();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r")));
}

TEST_F(ImSenderGroupCreation, CancelsAnUnsentDestroyOfTheSameId) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.AnswerWith([](const GroupCall& call) {
    return call.command == GroupCommand::kDestroy ? ImOutcome::kUnreachable : ImOutcome::kDone;
  });
  End("r");
  EXPECT_TRUE(Eventually([this] { return TotalOf(tallies_.retries) == 1; }));
  Create("r");
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r"), CreateOf("r")));
}

TEST_F(ImSenderGroupCreation, SendsNoNoticesDuringCreation) {
  Create("r");
  EXPECT_OK(Make("s", IdOrigin::kNamed));
  Commit("s");
  Join("s");  // before the reply to create_room
  Join("r");
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() == 3; }));
  EXPECT_EQ(service_.calls().back(), NoticeOf("r"));
  Keep("s");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().back(), NoticeOf("s"));
}

TEST_F(ImSenderGroupCreation, RefusesCreatesBeyondTheQueueLimit) {
  service_.Hold();
  std::list<Made> waiting;
  for (int i = 0; i < 16 + 256; ++i) {
    sender_->MakeGroup({"r" + std::to_string(i)}, IdOrigin::kNamed, Deadline(),
                       waiting.emplace_back().Callback());
  }
  Made turned_away;
  sender_->MakeGroup({"last"}, IdOrigin::kNamed, Deadline(), turned_away.Callback());
  EXPECT_EQ(turned_away.times(), 1u) << "at once";
  EXPECT_ERROR(kUnavailable, turned_away.Get());
  sender_->FinishGroup({"last"}, GroupOutcome::kAbandoned);
  service_.Release();
  EXPECT_TRUE(EventuallyAsTimePasses([&] {
    return std::ranges::all_of(waiting, [](const Made& made) { return made.times() == 1; });
  }));
}

TEST_F(ImSenderGroupCreation, RefusesCreatesWhileTooManyGroupsArePending) {
  options_.maker.max_pending = 1;
  sender_.reset();
  Enqueue("old", DeliveryKind::kDestroyGroup);
  service_.AnswerWith(ImOutcome::kUnreachable);
  Restart();
  // The sender counts what is pending before it makes its first call.
  EXPECT_TRUE(Eventually([this] { return !service_.calls().empty(); }));
  EXPECT_ERROR(kUnavailable, Make("g"));
  sender_->FinishGroup({"g"}, GroupOutcome::kAbandoned);
  EXPECT_THAT(service_.calls(), Each(DestroyOf("old")));
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAsTimePasses([this] {
    const Result<GroupReady> made = Make("g");
    if (!made) Abandon("g");
    return made.ok();
  }));
}

}  // namespace
}  // namespace rtcroom
