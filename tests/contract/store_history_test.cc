// Store contract: the history of one room.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/room_histories.h"
#include "tests/contract/store_contract.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const RoomKey kRoom = MakeKey(RoomKind::kMulti, "r1");

void LiveThrough(Storage& store, const RoomKey& key, int guests = 1) {
  ASSERT_OK(Apply(store, Creating(MakeRoom(key.kind, key.id.value))));
  for (int i = 0; i < guests; ++i) {
    ASSERT_OK(Apply(store, Adding(key, "guest")));
    ASSERT_OK(Apply(store, Deleting(key, "guest")));
  }
  ASSERT_OK(Apply(store, Destroying(key)));
}

TEST_P(StoreContract, ReadsTheEventsOfOneRoomNewestFirst) {
  Create(MakeRoom(kRoom.kind, "r1"));
  Create(MakeRoom(kRoom.kind, "r2"));
  ASSERT_OK(Apply(*store_, Adding(kRoom, "amy")));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(kRoom.kind, "r2"), "amy")));
  const auto events = store_->rooms().ReadRoomEvents(kRoom, {}, 10);
  ASSERT_OK(events);
  std::vector<std::uint64_t> numbers;
  for (const StoredEvent& stored : *events) {
    EXPECT_EQ(stored.event.room, kRoom);
    EXPECT_EQ(stored.room_number, store_->rooms().Load(kRoom)->sequence);
    numbers.push_back(stored.event.room_sequence);
  }
  EXPECT_THAT(numbers, ElementsAre(3, 2, 1));
}

TEST_P(StoreContract, ReadsTheEventsOfAllRoomsOfOneId) {
  LiveThrough(*store_, kRoom, 2);
  LiveThrough(*store_, MakeKey(RoomKind::kDouble, "r1"));  // the same id, another kind
  LiveThrough(*store_, MakeKey(kRoom.kind, "r2"));
  LiveThrough(*store_, kRoom);
  Create(MakeRoom(kRoom.kind, "r1"));
  const auto expected = HistoryOf(AllEvents(), kRoom);
  ASSERT_THAT(expected, SizeIs(8 + 6 + 2));
  EXPECT_NE(expected.front().room_number, expected.back().room_number);
  for (const std::size_t limit : {1U, 2U, 3U, 7U, 100U}) {
    EXPECT_EQ(PositionsOf(PagedHistory(*store_, kRoom, limit)), PositionsOf(expected)) << limit;
  }
  EXPECT_EQ(PagedHistory(*store_, kRoom, 5).back().event, expected.back().event);
}

TEST_P(StoreContract, ReadsNoEventsOfAnUnknownRoom) {
  LiveThrough(*store_, kRoom);
  for (const RoomKey& key : {MakeKey(RoomKind::kMulti, "r2"), MakeKey(RoomKind::kLive, "r1")}) {
    const auto events = store_->rooms().ReadRoomEvents(key, {}, 10);
    ASSERT_OK(events);
    EXPECT_THAT(*events, IsEmpty());
  }
}

TEST_P(StoreContract, ReadsTheEventsOfARoomFromAnyPosition) {
  Create(MakeRoom(kRoom.kind, "r2"));
  LiveThrough(*store_, kRoom);
  Create(MakeRoom(kRoom.kind, "r3"));
  LiveThrough(*store_, kRoom);
  const std::vector<StoredEvent> all = AllEvents();
  for (const StoredEvent& at : all) {
    std::vector<StoredEvent> expected = HistoryOf(all, kRoom);
    std::erase_if(expected, [&](const auto& one) { return one.position >= at.position; });
    if (at.event.room != kRoom) continue;  // only positions of this room are valid input
    const auto found = store_->rooms().ReadRoomEvents(kRoom, at.position, 100);
    ASSERT_OK(found);
    EXPECT_EQ(PositionsOf(*found), PositionsOf(expected)) << at.position;
  }
}

TEST_P(StoreContract, FindsTheNewestEventsThatTookASeat) {
  const auto losses = [this](const RoomKey& key, const std::string& user) {
    std::vector<RoomEvent> events;
    const auto found = store_->rooms().ReadSeatLosses(key, {user});
    EXPECT_OK(found);
    for (const StoredEvent& stored : *found) events.push_back(stored.event);
    return events;
  };
  const auto visit = [this](const RoomKey& key, const std::string& user, LeaveReason reason) {
    ASSERT_OK(Apply(*store_, Adding(key, user)));
    ASSERT_OK(Apply(*store_, Deleting(key, user, kNoon, reason)));
  };
  const auto removed = [](const std::string& user, LeaveReason reason) {
    return testing::Field(&RoomEvent::payload,
                          EventPayload(PusherDeleted{.user_id = {user}, .reason = reason}));
  };
  const auto destroyed =
      testing::Field(&RoomEvent::payload, testing::VariantWith<RoomDestroyed>(testing::_));
  Create(MakeRoom(kRoom.kind, "r1"));
  Create(MakeRoom(kRoom.kind, "r2"));
  for (const LeaveReason reason :
       {LeaveReason::kHeartbeatTimeout, LeaveReason::kStreamInterrupted, LeaveReason::kKicked}) {
    visit(kRoom, "bob", reason);
    visit(kRoom, "bob", LeaveReason::kLeft);
    EXPECT_THAT(losses(kRoom, "bob"), ElementsAre(removed("bob", reason)));
  }
  visit(kRoom, "amy", LeaveReason::kHeartbeatTimeout);
  visit(MakeKey(kRoom.kind, "r2"), "bob", LeaveReason::kHeartbeatTimeout);
  ASSERT_OK(Apply(*store_, Destroying(kRoom)));
  EXPECT_THAT(losses(kRoom, "bob"), ElementsAre(destroyed, removed("bob", LeaveReason::kKicked)));
  EXPECT_THAT(losses(kRoom, "creator"), ElementsAre(destroyed)) << "it went with its room";
  EXPECT_THAT(losses(MakeKey(RoomKind::kLive, "r1"), "bob"), IsEmpty());
  Create(MakeRoom(kRoom.kind, "r1"));
  visit(kRoom, "bob", LeaveReason::kStreamInterrupted);
  EXPECT_THAT(losses(kRoom, "bob"),
              ElementsAre(removed("bob", LeaveReason::kStreamInterrupted), destroyed));
  ASSERT_OK(store_->rooms().TrimEvents({.keep_since = kNoon, .max_events = 0}));
  EXPECT_THAT(losses(kRoom, "bob"), IsEmpty());
}

TEST_P(StoreContract, ReadsMergedEventsOnce) {
  const Room room = MakeRoom(RoomKind::kLive, "live", "creator", Dialect::kGen2);
  Create(room);
  const std::vector<RoomUpdate> batch = {SettingCustom(room.key, "1"), SettingCustom(room.key, "2"),
                                         Watching(room.key, "amy"), SettingCustom(room.key, "3")};
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) ASSERT_OK(outcome);
  EXPECT_EQ(PositionsOf(PagedHistory(*store_, room.key, 2)),
            PositionsOf(HistoryOf(AllEvents(), room.key)));
}

TEST_P(StoreContract, AFailedUpdateLeavesNoGapInTheHistoryOfARoom) {
  Create(MakeRoom(kRoom.kind, "r1"));
  const std::vector<RoomUpdate> batch = {Adding(kRoom, "bob", 1), Adding(kRoom, "amy", 2)};
  EXPECT_ERROR(kRoomFull, store_->rooms().UpdateAll(batch)[0]);
  std::uint64_t number = 0;
  for (const StoredEvent& event : AllEvents()) EXPECT_EQ(event.event.room_sequence, ++number);
  EXPECT_EQ(number, 3u);
  EXPECT_EQ(PositionsOf(PagedHistory(*store_, kRoom, 10)),
            PositionsOf(HistoryOf(AllEvents(), kRoom)));
}

TEST_P(StoreContract, RoomHistoryEndsAtTheOldestRetainedEvent) {
  LiveThrough(*store_, kRoom);
  LiveThrough(*store_, MakeKey(kRoom.kind, "r2"));
  LiveThrough(*store_, kRoom, 2);
  const std::uint64_t oldest = HistoryOf(AllEvents(), kRoom).back().position;
  for (std::uint64_t most = AllEvents().size(); most-- > 0;) {
    ASSERT_OK(store_->rooms().TrimEvents({.keep_since = kNoon, .max_events = most}));
    EXPECT_EQ(PositionsOf(PagedHistory(*store_, kRoom, 3)),
              PositionsOf(HistoryOf(AllEvents(), kRoom)))
        << most;
    const auto before = store_->rooms().ReadRoomEvents(kRoom, oldest, 10);
    ASSERT_OK(before);
    EXPECT_THAT(*before, IsEmpty());
  }
}

}  // namespace
}  // namespace rtcroom
