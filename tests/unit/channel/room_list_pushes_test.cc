#include "daemon/channel/room_list_pushes.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/forwarded_messages.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Keeps what it is told.
class Watcher : public PushReceiver {
 public:
  void OnRoomList(RoomListPush& push) override {
    std::string text(RoomKindName(push.kind));
    if (push.is_lost) text += " lost";
    for (const RoomId& id : push.ended) text += " -" + id.value;
    for (const std::string& room : push.changed) text += " " + room;
    told.push_back(text);
  }
  [[nodiscard]] const UserId& user_id() const override { return user_; }

  std::vector<std::string> told;

 private:
  const UserId user_{};
};

/// Counts the rooms that are read; is away on request of a test.
class CountedReads : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;
  Result<Room> Load(const RoomKey& key) override {
    ++reads;
    if (is_away) return Error{Errc::kStoreBusy, {}};
    return ChangedStore::Load(key);
  }
  int reads = 0;
  bool is_away = false;
};

class RoomLists : public testing::Test {
 protected:
  static constexpr RoomListKey kMulti{.kind = RoomKind::kMulti};
  static constexpr RoomListKey kLive{.kind = RoomKind::kLive};

  static RoomKey Key(const std::string& id) { return MakeKey(RoomKind::kMulti, id); }
  void Create(const std::string& id, RoomKind kind = RoomKind::kMulti,
              Dialect dialect = Dialect::kGen2) {
    ASSERT_OK(store_.rooms().Update(Creating(MakeRoom(kind, id, "creator", dialect))));
  }
  void Update(const RoomUpdate& update) { ASSERT_OK(store_.rooms().Update(update)); }
  /// Gives the lists what was committed since the last call.
  void Follow(RoomListPushes& lists) {
    const auto page = store_.rooms().ReadEvents(at_, 1000);
    at_ = page->next;
    lists.OnEvents(page->events);
  }
  /// The same, and what they have to tell after that time.
  std::size_t Tell(std::chrono::milliseconds after = 1s) {
    Follow(lists_);
    clock_.Advance(after);
    return lists_.Deliver();
  }
  std::shared_ptr<Watcher> Watch(const RoomListKey& list = kMulti) {
    auto watcher = std::make_shared<Watcher>();  // shared with the lists
    lists_.Watch(list, watcher);
    return watcher;
  }
  /// A room's ID and the number of its pushers, with the dialect as which it is written.
  static RoomListForm Form(Interop interop) {
    return {.interop = interop, .write = [](const Room& room, RoomReach reach) {
              return room.key.id.value + std::to_string(room.pushers.size()) +
                     (reach == RoomReach::kAll ? "" : " of gen-1");
            }};
  }

  FakeClock clock_;
  RecordingListener commits_;
  CountedReads store_{{}, "00000000000000aa", commits_};
  Cursor at_ = *store_.rooms().Newest();
  RoomListPushes lists_{
      {.rooms = store_.rooms(), .clock = clock_, .form = Form(Interop::kIsolated)}};
};

TEST_F(RoomLists, TellWhatChangesOnceASecond) {
  Create("r");
  Follow(lists_);  // before anybody watches
  const auto watcher = Watch();
  EXPECT_EQ(Tell(), 0U);
  Update(Adding(Key("r"), "bob"));
  EXPECT_EQ(Tell(0s), 1U) << "the first change waits for nothing";
  Update(Adding(Key("r"), "carol"));
  Create("s");
  EXPECT_EQ(Tell(999ms), 0U);
  EXPECT_EQ(Tell(1ms), 1U);
  Update(Destroying(Key("r")));
  Tell();
  EXPECT_THAT(watcher->told, ElementsAre("multi r2", "multi r3 s1", "multi -r"));
}

TEST_F(RoomLists, ReadARoomOnceForAllWatchersAndChanges) {
  const auto first = Watch();
  const auto second = Watch();
  Create("r");
  for (const char* const user : {"a", "b", "c"}) Update(Adding(Key("r"), user));
  EXPECT_EQ(Tell(), 2U);
  EXPECT_EQ(store_.reads, 1);
  EXPECT_THAT(first->told, ElementsAre("multi r4"));
  EXPECT_EQ(second->told, first->told);
}

TEST_F(RoomLists, TellTheEndOfARoomBeforeAnotherOfItsName) {
  const auto watcher = Watch();
  Create("r");
  Update(Destroying(Key("r")));
  Create("r");
  Tell();
  EXPECT_THAT(watcher->told, ElementsAre("multi -r r1"));
}

TEST_F(RoomLists, HaveOnlyRoomsThatAreListed) {
  const auto watcher = Watch();
  const auto gen1 = Watch({.kind = RoomKind::kMulti, .reach = RoomReach::kGen1});
  Update(Preparing(MakeWaitingRoom(RoomKind::kMulti, "waiting")));
  Create("live", RoomKind::kLive);
  Update(Creating(MakeWebrtcRoom("webrtc", "any")));
  Create("old", RoomKind::kMulti, Dialect::kGen1);
  Create("new");
  Tell();
  Tell();
  EXPECT_THAT(watcher->told, ElementsAre("multi new1"));
  EXPECT_THAT(gen1->told, ElementsAre("multi old1 of gen-1"));
}

TEST_F(RoomLists, HaveTheRoomsOfBothDialectsThatShareThem) {
  RoomListPushes shared({.rooms = store_.rooms(), .clock = clock_, .form = Form(Interop::kShared)});
  const auto watcher = std::make_shared<Watcher>();  // shared with the lists
  shared.Watch(kMulti, watcher);
  Create("old", RoomKind::kMulti, Dialect::kGen1);
  Create("new");
  Follow(shared);
  shared.Deliver();
  EXPECT_THAT(watcher->told, ElementsAre("multi old1 new1"));
}

TEST_F(RoomLists, TellViewersAndCustomFieldsLate) {
  const auto watcher = Watch(kLive);
  Update(Creating(LiveRoom()));
  Update(Watching(kLiveR1, "v"));
  Tell();
  for (int i = 0; i < 10; ++i) {
    Update(SettingCustom(kLiveR1, std::to_string(i)));
    Tell(999ms);
  }
  EXPECT_THAT(watcher->told, SizeIs(2)) << "the first one waits only for the push before it";
  Tell(3s);
  EXPECT_THAT(watcher->told, SizeIs(3));
  Update(Watching(kLiveR1, "w"));
  Update(Destroying(kLiveR1));
  Tell();
  EXPECT_EQ(watcher->told.back(), "live -r1");
}

TEST_F(RoomLists, AreToldInPiecesOfBoundedSize) {
  const auto watcher = Watch();
  for (std::size_t i = 0; i <= RoomListPushes::kMostRead; ++i) Create(std::to_string(i));
  Tell();
  EXPECT_EQ(store_.reads, static_cast<int>(RoomListPushes::kMostRead));
  Tell();
  EXPECT_THAT(watcher->told, ElementsAre(testing::_, "multi 501"));
  RoomListPushes large({.rooms = store_.rooms(), .clock = clock_, .form = {.write = [](auto&&...) {
                                                                    return std::string(20'000, 'x');
                                                                  }}});
  large.Watch(kMulti, watcher);
  for (const char* const id : {"a", "b", "c"}) Create(id);
  Follow(large);
  large.Deliver();
  EXPECT_THAT(watcher->told.back(), SizeIs(40'007));
}

TEST_F(RoomLists, AreToBeReadAgainWhenTooMuchChanges) {
  const auto watcher = Watch();
  const auto create_many = [&](const std::string& name) {
    for (std::size_t i = 0; i <= RoomListPushes::kMostWaiting; ++i) {
      Create(name + std::to_string(i));
      if (i % 500 == 0) Follow(lists_);
    }
  };
  create_many("a");
  Tell();
  EXPECT_THAT(watcher->told, ElementsAre("multi lost"));
  Create("r");
  Tell();
  EXPECT_EQ(watcher->told.back(), "multi r1");
  create_many("b");
  EXPECT_EQ(Tell(8s), 0U) << "within 10 s of the last time";
  EXPECT_EQ(Tell(1s), 1U);
  EXPECT_EQ(watcher->told.back(), "multi lost");
}

TEST_F(RoomLists, CountWhatWaitsInMemory) {
  MemoryTotal held{.most = 1000};
  RoomListPushes lists(
      {.rooms = store_.rooms(), .clock = clock_, .form = Form(Interop::kIsolated), .held = &held});
  const auto watcher = std::make_shared<Watcher>();  // shared with the lists
  lists.Watch(kMulti, watcher);
  for (const char* const id : {"a", "b"}) Create(id);
  Follow(lists);
  EXPECT_GT(held.held, 0U);
  lists.Deliver();
  EXPECT_EQ(held.held, 0U);
  for (const char* const id : {"c", "d", "e", "f", "g"}) Create(id);
  Follow(lists);
  EXPECT_EQ(held.held, 0U);
  lists.Deliver();
  EXPECT_THAT(watcher->told, ElementsAre("multi a1 b1", "multi lost"));
}

TEST_F(RoomLists, TellNothingToThoseWhoNoLongerWatch) {
  const auto stays = Watch();
  const auto leaves = Watch();
  const auto ends = Watch();
  lists_.Watch(kLive, ends);
  Create("r");
  Follow(lists_);
  lists_.Unwatch(kMulti, *leaves);
  lists_.Unwatch(kMulti, *leaves);
  lists_.UnwatchAll(*ends);
  Create("live", RoomKind::kLive);
  Tell();
  lists_.UnwatchAll(*stays);
  Create("s");
  Tell();
  EXPECT_THAT(stays->told, ElementsAre("multi r1"));
  EXPECT_THAT(leaves->told, IsEmpty());
  EXPECT_THAT(ends->told, IsEmpty());
  EXPECT_EQ(leaves.use_count(), 1);
  EXPECT_EQ(ends.use_count(), 1);
  const auto next = Watch();
  EXPECT_EQ(Tell(), 0U) << "what changed while nobody watched is forgotten";
}

TEST_F(RoomLists, WaitForTheStore) {
  const auto watcher = Watch();
  Create("r");
  store_.is_away = true;
  EXPECT_EQ(Tell(), 0U);
  store_.is_away = false;
  EXPECT_EQ(Tell(), 1U);
  EXPECT_THAT(watcher->told, ElementsAre("multi r1"));
  Create("s");
  Follow(lists_);
  lists_.OnEventsLost();
  EXPECT_EQ(Tell(), 0U);
}

}  // namespace
}  // namespace rtcroom
