// Changes of rooms, and the resulting calls.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/im/im_sender_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ImSenderEvents : public ImSenderFixture {
 protected:
  ImSenderEvents() { Restart(); }

  int Called(const GroupCall& call) {
    const std::vector<GroupCall> calls = service_.calls();
    return static_cast<int>(std::ranges::count(calls, call));
  }
  /// A room whose group was created by another process.
  void StoreRoom(const std::string& id) { Commit(id); }
};

TEST_F(ImSenderEvents, AreSentFromCreateToDestroy) {
  Create("r");
  Join("r");
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r")}));
  Leave("r");
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r"), NoticeOf("r")}));
  End("r");
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r"), NoticeOf("r"), DestroyOf("r")}));
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(sender_->ReadBacklog().lag, 0u);
}

TEST_F(ImSenderEvents, AreMergedDuringACall) {
  Create("r");
  Create("other");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  Join("r", "a");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  Join("r", "b");
  Join("r", "c");
  Leave("r", "b");
  // When this is delivered, all earlier changes have been processed.
  Join("other");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 2; }));
  service_.Release();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(Called(NoticeOf("r")), 2);
}

TEST_F(ImSenderEvents, OfDifferentGroupsDoNotWaitForEachOther) {
  Create("slow");
  Create("quick");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  Join("slow");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  Join("quick");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 2; }));
}

TEST_F(ImSenderEvents, AreNotRepeatedAfterARestart) {
  Create("r");
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  Crash();
  Join("r", "another");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), NoticeOf("r"), NoticeOf("r")));
}

TEST_F(ImSenderEvents, AreSentAfterACrashIfPending) {
  Create("a");
  Create("b");
  Create("c");
  EXPECT_TRUE(EventuallyAtRest());
  service_.AnswerWith(ImOutcome::kUnreachable);
  Join("a");
  End("b");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return TotalOf(tallies_.retries) > 4; }));
  Crash();
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), Contains(NoticeOf("a")));
  EXPECT_THAT(service_.calls(), Contains(DestroyOf("b")));
  EXPECT_EQ(Called(NoticeOf("c")), 0);
}

TEST_F(ImSenderEvents, AreSentIfStoredWhileStopped) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  sender_.reset();
  Join("r");
  Restart();
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r")}));
}

TEST_F(ImSenderEvents, StayPendingUntilTheCallIsAnswered) {
  Create("a");
  Create("b");
  EXPECT_TRUE(EventuallyAtRest());
  service_.AnswerWith([](const GroupCall& call) {
    return call.group == "a" ? ImOutcome::kUnreachable : ImOutcome::kDone;
  });
  Join("a");
  Join("b");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Called(NoticeOf("b")) == 1; }));
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Called(NoticeOf("a")) > 3; }));
  EXPECT_EQ(sender_->ReadBacklog().groups, 1u);
  EXPECT_EQ(sender_->ReadBacklog().lag, 2u);
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
}

TEST_F(ImSenderEvents, AreParkedForAMissingGroupUntilItsRoomEnds) {
  StoreRoom("r");
  service_.AnswerWith(ImOutcome::kGroupMissing);
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  service_.AnswerWith(ImOutcome::kDone);
  Leave("r");
  Join("r");
  Restart();
  Join("r", "another");
  EXPECT_EQ(PendingGroups(), 0u);
  End("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(NoticeOf("r"), DestroyOf("r")));
  StoreRoom("r");
  Join("r");
  EXPECT_TRUE(EventuallyCalled({NoticeOf("r"), DestroyOf("r"), NoticeOf("r")}));
}

TEST_F(ImSenderEvents, AreSentInBothFormsUntilEachSucceeds) {
  options_.notify_via = NotifyVia::kBoth;
  Restart();
  StoreRoom("r");
  service_.AnswerWith([](const GroupCall& call) {
    return call.command == GroupCommand::kCustomMessage ? ImOutcome::kUnreachable
                                                        : ImOutcome::kDone;
  });
  Join("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Called(MessageOf("r")) > 2; }));
  EXPECT_EQ(Called(NoticeOf("r")), 1);
  Leave("r");
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(Called(NoticeOf("r")), 2);
  EXPECT_EQ(service_.calls().back(), MessageOf("r"));
}

TEST_F(ImSenderEvents, AreSentAfterAClockSetBack) {
  StoreRoom("r");
  service_.AnswerWith(ImOutcome::kUnreachable);
  Join("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return TotalOf(tallies_.retries) > 5; }));
  clock_.JumpWallClock(std::chrono::hours(-5));
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
}

TEST_F(ImSenderEvents, AreSentForThousandsOfChanges) {
  sender_.reset();
  for (int i = 0; i < 100; ++i) StoreRoom("r" + std::to_string(i));
  for (int round = 0; round < 15; ++round) {
    for (int i = 0; i < 100; ++i) {
      const std::string id = "r" + std::to_string(i);
      round % 2 == 0 ? Join(id) : Leave(id);
    }
  }
  Restart();
  EXPECT_TRUE(EventuallyAtRest());
  for (int i = 0; i < 100; ++i) EXPECT_GE(Called(NoticeOf("r" + std::to_string(i))), 1) << i;
}

TEST_F(ImSenderEvents, AreSentSoonAfterAnOutage) {
  for (int i = 0; i < 60; ++i) StoreRoom("r" + std::to_string(i));
  service_.AnswerWith(ImOutcome::kUnreachable);
  for (int i = 0; i < 60; ++i) Join("r" + std::to_string(i));
  EXPECT_TRUE(
      EventuallyAsTimePasses([this] { return TotalOf(tallies_.retries) > 60 * 8; }, seconds(2)));
  service_.AnswerWith(ImOutcome::kDone);
  // The first few answers end the pauses of all others.
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return PendingGroups() < 50; }));
  const MonotonicTime first = clock_.Monotonic();
  // In small steps, so that the threads need little of that time.
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return PendingGroups() == 0; },
                                     std::chrono::milliseconds(5)));
  EXPECT_LE(clock_.Monotonic() - first, seconds(10));
  sender_.reset();
  EXPECT_EQ(Logged("im_unreachable"), 1);
  EXPECT_EQ(Logged("im_recovered"), 1);
}

TEST_F(ImSenderEvents, AreSentAsMessagesOnceSystemNoticesAreDisabled) {
  service_.AnswerWith([](const GroupCall& call) {
    return call.command == GroupCommand::kSystemNotice ? ImOutcome::kCommandDisabled
                                                       : ImOutcome::kDone;
  });
  StoreRoom("r");
  Join("r");
  EXPECT_TRUE(EventuallyCalled({NoticeOf("r"), MessageOf("r")}));
  Leave("r");
  EXPECT_TRUE(EventuallyCalled({NoticeOf("r"), MessageOf("r"), MessageOf("r")}));
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(Logged("im_system_notices_disabled"), 1);
}

TEST_F(ImSenderEvents, AreKeptDuringMisconfiguration) {
  service_.AnswerWith(ImOutcome::kMisconfigured);
  StoreRoom("r");
  Join("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return TotalOf(tallies_.retries) > 2; }, seconds(2)));
  EXPECT_EQ(PendingGroups(), 1u);
  EXPECT_EQ(Logged("im_misconfigured"), 1);
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return PendingGroups() == 0; }, seconds(2)));
  Advance(seconds(10));  // without a failure
  Leave("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_TRUE(Eventually([this] { return Logged("im_recovered") == 1; }));
}

TEST_F(ImSenderEvents, AreDroppedAndCountedIfRefused) {
  service_.AnswerWith(ImOutcome::kRefused);
  StoreRoom("r");
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(NoticeOf("r")));
  EXPECT_TRUE(Eventually([this] { return TotalOf(tallies_.dropped) == 1; }));
}

TEST_F(ImSenderEvents, AreSentWithinTheRateLimit) {
  for (int i = 0; i < 50; ++i) StoreRoom("r" + std::to_string(i));
  for (int i = 0; i < 50; ++i) Join("r" + std::to_string(i));
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() == ImCallBudget::kBurst; }));
  EXPECT_THAT(service_.calls(), SizeIs(ImCallBudget::kBurst)) << "the clock does not advance";
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), SizeIs(50));
}

TEST_F(ImSenderEvents, AreNotRepeatedWhileTheOutcomeCannotBeStored) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  deliveries_.broken = true;
  Join("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Logged("im_outcome_not_stored") == 1; }));
  for (int i = 0; i < 10; ++i) Advance(seconds(1));
  EXPECT_EQ(PendingGroups(), 1u);
  Join("r", "another");
  deliveries_.broken = false;
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(Logged("im_outcome_not_stored"), 1);
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), NoticeOf("r"), NoticeOf("r")));
}

TEST_F(ImSenderEvents, SurviveStoreReadFailures) {
  class UnreadableStore : public FailingStore {
   public:
    using FailingStore::FailingStore;
    Result<Room> Load(const RoomKey& key) override {
      if (rooms_unreadable) return Error{Errc::kStoreBusy, "disk is slow"};
      return FailingStore::Load(key);
    }
    std::atomic<bool> rooms_unreadable{true};
  };
  UnreadableStore store(sqlite_.rooms());
  sender_.reset();  // two senders would both log the failure
  deliveries_.unreadable = true;
  sender_ = std::make_unique<ImSender>(DepsOn(store), options_);
  ASSERT_OK(sender_->Start());
  StoreRoom("r");
  End("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Logged("im_outbox_unreadable") == 1; }));
  deliveries_.unreadable = false;
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return TotalOf(tallies_.retries) > 2; }));
  EXPECT_THAT(service_.calls(), IsEmpty()) << "the room may or may not be stored";
  store.rooms_unreadable = false;
  EXPECT_TRUE(EventuallyCalled({DestroyOf("r")}));
  EXPECT_TRUE(EventuallyAtRest());
  sender_.reset();
  EXPECT_EQ(Logged("im_outbox_unreadable"), 1);
}

TEST_F(ImSenderEvents, SurviveExceptionsOfTheService) {
  service_.AnswerWith([this](const GroupCall&) -> ImOutcome {
    if (service_.calls().size() < 3) throw std::runtime_error("the text");
    return ImOutcome::kDone;
  });
  StoreRoom("r");
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), SizeIs(3));
}

}  // namespace
}  // namespace rtcroom
