// Rooms created without waiting for their groups (kDegrade).
#include <vector>

#include "tests/unit/im/im_sender_fixture.h"

namespace rtcroom {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class ImSenderDegradedMode : public ImSenderFixture {
 protected:
  ImSenderDegradedMode() {
    options_.maker.on_failure = OnCreateFailure::kDegrade;
    Restart();
  }
};

TEST_F(ImSenderDegradedMode, CreatesTheGroupAfterTheRoomAndBeforeItsNotices) {
  service_.AnswerWith(ImOutcome::kUnreachable);
  const Result<GroupReady> made = Make("g");
  ASSERT_OK(made);
  EXPECT_TRUE(made->is_made_later);
  Commit("g", *made);
  EXPECT_EQ(Pending(DeliveryKind::kCreateGroup).size(), 1u);
  EXPECT_THAT(Pending(DeliveryKind::kDestroyGroup), IsEmpty());
  Join("g");
  Keep("g");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return service_.calls().size() > 5; }));
  EXPECT_THAT(service_.calls(), Each(CreateOf("g")));
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().back(), NoticeOf("g"));
}

TEST_F(ImSenderDegradedMode, CreatesTheGroupOfANamedIdLater) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kDone});
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().size(), 4u);
}

TEST_F(ImSenderDegradedMode, CreatesNoGroupForAnEndedRoom) {
  AnswerInTurn({ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kDone});
  const Result<GroupReady> made = Make("g");
  ASSERT_OK(made);
  Commit("g", *made);
  End("g");
  Keep("g");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().size(), 4u);
  EXPECT_EQ(service_.calls().back(), DestroyOf("g")) << "one of the tries may have created it";
}

TEST_F(ImSenderDegradedMode, FailsIfTheServiceRefuses) {
  service_.AnswerWith(ImOutcome::kQuotaUsedUp);
  EXPECT_ERROR(kUnavailable, Make("g"));
  service_.AnswerWith(ImOutcome::kTakenByAnother);
  EXPECT_ERROR(kRoomExists, Make("r", IdOrigin::kNamed));
}

TEST_F(ImSenderDegradedMode, SendsNothingToAForeignGroup) {
  AnswerInTurn(
      {ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kTakenByAnother});
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  Join("r");
  End("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), Each(CreateOf("r")));
  EXPECT_TRUE(Eventually([this] { return TotalOf(tallies_.dropped) == 1; }));
  EXPECT_TRUE(EventuallyAtRest());
}

TEST_F(ImSenderDegradedMode, KeepsAGroupMarkedAsForeignAcrossARestart) {
  AnswerInTurn(
      {ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kPassing, ImOutcome::kTakenByAnother});
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  Restart();
  EXPECT_TRUE(EventuallyAtRest());
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  End("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), Each(CreateOf("r")));
  EXPECT_EQ(service_.calls().size(), 4u);
}

TEST_F(ImSenderDegradedMode, RefusesNoCreateIfAllCallersAreBusy) {
  options_.maker.callers = 1;
  options_.maker.max_waiting = 1;
  Restart();
  service_.Hold();
  Made hanging;
  sender_->MakeGroup({"a"}, IdOrigin::kGenerated, Deadline(), hanging.Callback());
  ASSERT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  Made waiting;
  sender_->MakeGroup({"b"}, IdOrigin::kGenerated, Deadline(), waiting.Callback());
  Made turned_away;
  sender_->MakeGroup({"c"}, IdOrigin::kGenerated, Deadline(), turned_away.Callback());
  ASSERT_EQ(turned_away.times(), 1u) << "at once";
  const Result<GroupReady> later = turned_away.Get();
  ASSERT_OK(later);
  EXPECT_TRUE(later->is_made_later);
  Commit("c", *later);
  Keep("c");
  clock_.Advance(std::chrono::seconds(3));  // now b has waited too long
  service_.Release();
  EXPECT_OK(hanging.Get());
  const Result<GroupReady> waited = waiting.Get();
  ASSERT_OK(waited);
  EXPECT_TRUE(waited->is_made_later);
  Abandon("a");
  Abandon("b");
  EXPECT_TRUE(EventuallyAtRest());
  const std::vector<GroupCall> calls = service_.calls();
  EXPECT_THAT(calls, testing::UnorderedElementsAre(CreateOf("a"), DestroyOf("a"), CreateOf("c")));
}

TEST_F(ImSenderDegradedMode, RefusesARoomWhileItsGroupIsBeingDestroyed) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  End("r");
  ASSERT_TRUE(EventuallyAsTimePasses([this] { return service_.hanging() == 1; }));
  Made made;
  sender_->MakeGroup({"r"}, IdOrigin::kNamed, clock_.Monotonic() + std::chrono::milliseconds(20),
                     made.Callback());
  EXPECT_ERROR(kUnavailable, made.Get());
  Abandon("r");
  service_.Release();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), DestroyOf("r")));
}

TEST_F(ImSenderDegradedMode, MakesOneAttemptWhileTheServiceIsUnreachable) {
  service_.AnswerWith(ImOutcome::kUnreachable);
  EXPECT_OK(Make("a"));
  EXPECT_EQ(service_.calls().size(), 3u);
  EXPECT_OK(Make("b"));
  EXPECT_EQ(service_.calls().size(), 4u);
  Abandon("a");
  Abandon("b");
  EXPECT_TRUE(EventuallyAtRest());
}

TEST_F(ImSenderDegradedMode, RefusesCreatesAfterStop) {
  sender_->Stop(std::chrono::milliseconds(0));
  EXPECT_ERROR(kUnavailable, Make("g"));
  Abandon("g");
}

}  // namespace
}  // namespace rtcroom
