// What happens in rooms, and what their groups hear of it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/im/im_bridge_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class ImBridgeEvents : public ImBridgeFixture {
 protected:
  ImBridgeEvents() { Restart(); }

  int Called(const GroupCall& call) {
    const std::vector<GroupCall> calls = service_.calls();
    return static_cast<int>(std::ranges::count(calls, call));
  }
  /// A room whose group was made, without the bridge hearing anything of it.
  void StoreRoom(const std::string& id) { Commit(id); }
  void TrimEvents() {
    ASSERT_OK(memory_.TrimEvents({.keep_since = TimePoint::max(), .max_events = 0}));
  }
};

TEST_F(ImBridgeEvents, AreToldFromTheGroupsBeginningToItsEnd) {
  Create("r");
  Join("r");
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r")}));
  Leave("r");
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r"), NoticeOf("r")}));
  End("r");
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r"), NoticeOf("r"), DestroyOf("r")}));
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(bridge_->lag(), 0u);
}

TEST_F(ImBridgeEvents, AreToldOnceForAllThatHappensWhileACallIsUnderWay) {
  Create("r");
  Create("other");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  Join("r", "a");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  Join("r", "b");
  Join("r", "c");
  Leave("r", "b");
  // Events are read in order: once this one is acted upon, those before it have been read.
  Join("other");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 2; }));
  service_.Release();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(Called(NoticeOf("r")), 2);
}

TEST_F(ImBridgeEvents, OfDifferentGroupsDoNotWaitForEachOther) {
  Create("slow");
  Create("quick");
  EXPECT_TRUE(EventuallyAtRest());
  service_.Hold();
  Join("slow");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 1; }));
  Join("quick");
  EXPECT_TRUE(Eventually([this] { return service_.hanging() == 2; }));
}

TEST_F(ImBridgeEvents, FromBeforeTheFirstStartAreNoneOfItsBusiness) {
  bridge_.reset();
  MemoryStore fresh({}, "00000000000000bb", commits_);
  ASSERT_OK(Apply(fresh, Creating(MakeRoom(RoomKind::kMulti, "old"))));
  ASSERT_OK(Apply(fresh, Adding(MakeKey(RoomKind::kMulti, "old"), "guest")));
  ImBridge bridge(PartsOn(fresh, fresh, fresh), options_);
  ASSERT_OK(bridge.Start());
  EXPECT_EQ((*fresh.LoadPosition("im"))->position, 3u) << "at once";
  ASSERT_OK(Apply(fresh, Adding(MakeKey(RoomKind::kMulti, "old"), "another")));
  EXPECT_TRUE(EventuallyCalled({NoticeOf("old")}));
}

TEST_F(ImBridgeEvents, ThatWereDealtWithAreNotRepeatedAfterARestart) {
  Create("r");
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  Crash();
  Join("r", "another");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r"), NoticeOf("r"), NoticeOf("r")));
}

TEST_F(ImBridgeEvents, ThatWereNotDealtWithAreToldAfterACrash) {
  Create("a");
  Create("b");
  Create("c");
  EXPECT_TRUE(EventuallyAtRest());
  service_.AnswerWith(ImOutcome::kUnreachable);
  Join("a");
  End("b");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return observer_.retries > 4; }));
  Crash();
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), Contains(NoticeOf("a")));
  EXPECT_THAT(service_.calls(), Contains(DestroyOf("b")));
  EXPECT_EQ(Called(NoticeOf("c")), 0);
}

TEST_F(ImBridgeEvents, FromWhileThereWasNoProcessAreToldToo) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  bridge_.reset();
  Join("r");
  Restart();
  EXPECT_TRUE(EventuallyCalled({CreateOf("r"), NoticeOf("r")}));
}

TEST_F(ImBridgeEvents, HoldThePositionBackWhileOneIsOwed) {
  Create("a");
  Create("b");
  EXPECT_TRUE(EventuallyAtRest());
  const std::uint64_t before = SavedPosition();
  service_.AnswerWith([](const GroupCall& call) {
    return call.group == "a" ? ImOutcome::kUnreachable : ImOutcome::kDone;
  });
  Join("a");
  Join("b");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Called(NoticeOf("b")) == 1; }));
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Called(NoticeOf("a")) > 3; }));
  EXPECT_EQ(SavedPosition(), before);
  EXPECT_EQ(bridge_->lag(), 2u);
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
}

TEST_F(ImBridgeEvents, ThatAreLostHaveEveryRoomTold) {
  Create("a");
  Create("gone");
  EXPECT_TRUE(EventuallyAtRest());
  bridge_.reset();
  StoreRoom("b");
  End("gone");
  TrimEvents();
  Restart();
  EXPECT_TRUE(EventuallyAtRest());
  Join("b");
  EXPECT_TRUE(EventuallyAtRest());
  const std::vector<GroupCall> calls = service_.calls();
  ASSERT_THAT(calls, SizeIs(5));
  EXPECT_THAT(std::vector(calls.begin() + 2, calls.begin() + 4),
              UnorderedElementsAre(NoticeOf("a"), NoticeOf("b")));
  EXPECT_EQ(calls[4], NoticeOf("b"));
  EXPECT_EQ(observer_.lost, 1);
  EXPECT_EQ(Logged("im_events_lost"), 1);
}

TEST_F(ImBridgeEvents, ThatAreLostAreLostUntilEveryRoomWasTold) {
  Create("a");
  Create("b");
  EXPECT_TRUE(EventuallyAtRest());
  const std::uint64_t before = SavedPosition();
  bridge_.reset();
  Join("a");
  TrimEvents();
  service_.AnswerWith([](const GroupCall& call) {
    return call.group == "b" ? ImOutcome::kUnreachable : ImOutcome::kDone;
  });
  Restart();
  EXPECT_TRUE(EventuallyAsTimePasses(
      [this] { return Called(NoticeOf("a")) == 1 && Called(NoticeOf("b")) > 2; }));
  EXPECT_EQ(SavedPosition(), before);
  Crash();
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(Called(NoticeOf("a")), 2) << "once for each walk";
  EXPECT_EQ(observer_.lost, 2);
}

TEST_F(ImBridgeEvents, FromWhileRoomsAreReadAreNotLost) {
  class ChangingStore : public FailingStore {
   public:
    using FailingStore::FailingStore;
    Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override {
      const Result<RoomPage> page = FailingStore::Scan(after, limit);
      meanwhile();
      return page;
    }
    std::function<void()> meanwhile;
  };
  Create("a");
  EXPECT_TRUE(EventuallyAtRest());
  bridge_.reset();
  Join("a");
  TrimEvents();
  ChangingStore store(memory_);
  store.meanwhile = [this] { End("a"); };
  bridge_ = std::make_unique<ImBridge>(PartsOn(store, memory_, positions_), options_);
  ASSERT_OK(bridge_->Start());
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(service_.calls().back(), DestroyOf("a"));
  bridge_.reset();
}

TEST_F(ImBridgeEvents, OfAnotherHistoryHaveEveryRoomTold) {
  bridge_.reset();
  StoreRoom("a");
  ASSERT_OK(memory_.SavePosition("im", {.epoch = "00000000000000ff", .position = 1'000'000}));
  Restart();
  EXPECT_TRUE(EventuallyCalled({NoticeOf("a")}));
  EXPECT_TRUE(EventuallyAtRest());
}

TEST_F(ImBridgeEvents, AreAllToldThoughFewMayBeOwedAtATime) {
  options_.limits.max_groups = 4;
  Restart();
  service_.AnswerWith(ImOutcome::kUnreachable);
  for (int i = 0; i < 30; ++i) StoreRoom("r" + std::to_string(i));
  for (int i = 0; i < 30; ++i) Join("r" + std::to_string(i));
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return observer_.retries > 20; }));
  EXPECT_EQ(bridge_->owed_groups(), 4u);
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  for (int i = 0; i < 30; ++i) EXPECT_GE(Called(NoticeOf("r" + std::to_string(i))), 1) << i;
}

TEST_F(ImBridgeEvents, AreToldThoughTheyCameByThousands) {
  bridge_.reset();
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

TEST_F(ImBridgeEvents, AreToldSoonAfterAnOutage) {
  for (int i = 0; i < 60; ++i) StoreRoom("r" + std::to_string(i));
  service_.AnswerWith(ImOutcome::kUnreachable);
  for (int i = 0; i < 60; ++i) Join("r" + std::to_string(i));
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return observer_.retries > 60 * 8; }, seconds(2)));
  service_.AnswerWith(ImOutcome::kDone);
  // From the first few that are answered on, however long the others would have paused.
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return bridge_->owed_groups() < 50; }));
  const MonotonicTime first = clock_.Monotonic();
  // In small steps, so that the threads need little of that time.
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return bridge_->owed_groups() == 0; },
                                     std::chrono::milliseconds(5)));
  EXPECT_LE(clock_.Monotonic() - first, seconds(10));
  bridge_.reset();
  EXPECT_EQ(Logged("im_unreachable"), 1);
  EXPECT_EQ(Logged("im_recovered"), 1);
}

TEST_F(ImBridgeEvents, GoTheOtherWayOnceSystemNoticesAreDisabled) {
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

TEST_F(ImBridgeEvents, AreKeptWhileTheConfigurationIsRefused) {
  service_.AnswerWith(ImOutcome::kMisconfigured);
  StoreRoom("r");
  Join("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return observer_.retries > 2; }, seconds(2)));
  EXPECT_EQ(bridge_->owed_groups(), 1u);
  EXPECT_EQ(Logged("im_misconfigured"), 1);
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return bridge_->owed_groups() == 0; }, seconds(2)));
  Advance(seconds(10));  // without a failure
  Leave("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_TRUE(Eventually([this] { return Logged("im_recovered") == 1; }));
}

TEST_F(ImBridgeEvents, AreDroppedAndCountedWhereTheyAreRefused) {
  service_.AnswerWith(ImOutcome::kRefused);
  StoreRoom("r");
  Join("r");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(NoticeOf("r")));
  EXPECT_TRUE(Eventually([this] { return observer_.dropped == 1; }));
}

TEST_F(ImBridgeEvents, AreToldAtTheRateThatTheServiceTakes) {
  for (int i = 0; i < 50; ++i) StoreRoom("r" + std::to_string(i));
  for (int i = 0; i < 50; ++i) Join("r" + std::to_string(i));
  EXPECT_TRUE(Eventually([this] { return service_.calls().size() == ImCallBudget::kBurst; }));
  EXPECT_THAT(service_.calls(), SizeIs(ImCallBudget::kBurst)) << "time stands still";
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), SizeIs(50));
}

TEST_F(ImBridgeEvents, SurviveAPositionThatCannotBeSaved) {
  Create("r");
  EXPECT_TRUE(EventuallyAtRest());
  positions_.broken = true;
  Join("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return bridge_->owed_groups() == 0; }));
  for (int i = 0; i < 10; ++i) Advance(seconds(1));
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Logged("im_position_not_saved") == 1; }));
  positions_.broken = false;
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_EQ(Logged("im_position_not_saved"), 1);
}

TEST_F(ImBridgeEvents, SurviveAStoreThatCannotBeRead) {
  class UnreadableStore : public FailingStore {
   public:
    using FailingStore::FailingStore;
    Result<Room> Load(const RoomKey& key) override {
      if (rooms_unreadable) return Error{Errc::kStoreBusy, "disk is slow"};
      return FailingStore::Load(key);
    }
    Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override {
      if (events_unreadable) return Error{Errc::kStoreBusy, "disk is slow"};
      return FailingStore::ReadEvents(cursor, limit);
    }
    std::atomic<bool> rooms_unreadable{true};
    std::atomic<bool> events_unreadable{true};
  };
  UnreadableStore store(memory_);
  bridge_ = std::make_unique<ImBridge>(PartsOn(store, memory_, positions_), options_);
  ASSERT_OK(bridge_->Start());
  StoreRoom("r");
  End("r");
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return Logged("im_reader_failed") == 1; }));
  store.events_unreadable = false;
  EXPECT_TRUE(EventuallyAsTimePasses([this] { return observer_.retries > 2; }));
  EXPECT_THAT(service_.calls(), IsEmpty()) << "nobody knows whether the room is stored";
  store.rooms_unreadable = false;
  EXPECT_TRUE(EventuallyCalled({DestroyOf("r")}));
  EXPECT_TRUE(EventuallyAtRest());
  bridge_.reset();
  EXPECT_EQ(Logged("im_reader_failed"), 1);
}

TEST_F(ImBridgeEvents, SurviveAServiceThatThrows) {
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
