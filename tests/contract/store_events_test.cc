// Store contract: the event history.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

/// A room whose creator joins and leaves: five events, one of each kind but an update.
void LiveThrough(Storage& store, const std::string& id, TimePoint now = kNoon) {
  const RoomKey key = MakeKey(RoomKind::kMulti, id);
  ASSERT_OK(Apply(store, Creating(MakeRoom(key.kind, id), now)));
  ASSERT_OK(Apply(store, Adding(key, "bob", 4, now)));
  ASSERT_OK(Apply(store, Deleting(key, "bob", now)));
}

TEST_P(StoreContract, KeepsEveryKindOfGen1Event) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  LiveThrough(*store_, "r1");
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(key.kind, "r1"))));  // the creator rejoins
  ASSERT_OK(Apply(*store_, Destroying(key, "creator", kNoon + seconds(1))));
  std::vector<RoomEvent> stored;
  for (const StoredEvent& event : AllEvents()) stored.push_back(event.event);
  const Pusher creator = MakePusher("creator");
  const Pusher bob = MakePusher("bob");
  const std::vector<EventPayload> payloads = {
      RoomCreated{.creator = {"creator"}, .info = "info of r1"},
      PusherAdded{creator.user_id, creator.user_name, creator.user_avatar, "1_creator"},
      PusherAdded{bob.user_id, bob.user_name, bob.user_avatar, "1_bob"},
      PusherDeleted{.user_id = bob.user_id, .reason = LeaveReason::kLeft},
      PusherUpdated{creator.user_id, creator.user_name, creator.user_avatar, "1_creator"},
      PusherDeleted{.user_id = creator.user_id, .reason = LeaveReason::kRoomDestroyed},
      RoomDestroyed{.reason = EndReason::kDestroyed},
  };
  std::vector<RoomEvent> expected;
  for (const EventPayload& payload : payloads) {
    const std::uint64_t number = expected.size() + 1;
    expected.push_back({.room = key,
                        .dialect = Dialect::kGen1,
                        .room_sequence = number,
                        .at = number < 6 ? kNoon : kNoon + seconds(1),
                        .payload = payload});
  }
  EXPECT_EQ(stored, expected);
}

TEST_P(StoreContract, AReaderResumesWhereItStopped) {
  LiveThrough(*store_, "r1");
  const auto all = AllEvents();
  for (const std::size_t limit : {1U, 2U, 3U}) {
    const auto paged = AllEvents(limit);
    ASSERT_EQ(paged.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(paged[i].position, all[i].position);
      EXPECT_EQ(paged[i].event, all[i].event);
    }
  }
}

TEST_P(StoreContract, AReaderAtTheEndKeepsItsCursorUntilAnEvent) {
  const auto empty = store_->rooms().ReadEvents(Cursor::Start(), 10);
  ASSERT_OK(empty);
  EXPECT_THAT(empty->events, IsEmpty());
  EXPECT_EQ(empty->next.epoch, kEpoch);
  LiveThrough(*store_, "r1");
  const auto page = store_->rooms().ReadEvents(empty->next, 10);
  ASSERT_OK(page);
  EXPECT_THAT(page->events, SizeIs(4));
  EXPECT_EQ(page->next.position, page->events.back().position);
  const auto end = store_->rooms().ReadEvents(page->next, 10);
  ASSERT_OK(end);
  EXPECT_THAT(end->events, IsEmpty());
  EXPECT_EQ(end->next, page->next);
}

TEST_P(StoreContract, ACursorOfAnotherHistoryHasExpired) {
  LiveThrough(*store_, "r1");
  EXPECT_ERROR(kCursorExpired,
               store_->rooms().ReadEvents({.epoch = "0123456789abcdef", .position = 1}, 10));
  EXPECT_ERROR(kCursorExpired, store_->rooms().ReadEvents({.epoch = "", .position = 1}, 10));
}

TEST_P(StoreContract, ACursorPastTheEndHasExpired) {
  LiveThrough(*store_, "r1");
  const Cursor end = store_->rooms().ReadEvents(Cursor::Start(), 10)->next;
  for (const std::uint64_t position : {end.position + 1, std::uint64_t{UINT64_MAX}}) {
    EXPECT_ERROR(kCursorExpired,
                 store_->rooms().ReadEvents({.epoch = end.epoch, .position = position}, 10));
  }
}

TEST_P(StoreContract, TrimsEventsByAge) {
  LiveThrough(*store_, "r1", kNoon);
  LiveThrough(*store_, "r2", kNoon + seconds(10));
  const auto removed =
      store_->rooms().TrimEvents({.keep_since = kNoon + seconds(10), .max_events = 1000});
  ASSERT_OK(removed);
  EXPECT_EQ(*removed, 4u);
  const auto left = AllEvents();
  ASSERT_THAT(left, SizeIs(4));
  EXPECT_EQ(left.front().event.room.id.value, "r2");
}

TEST_P(StoreContract, TrimsAtMostTheRequestedNumberPerCall) {
  LiveThrough(*store_, "r1");
  const EventRetention nothing{
      .keep_since = kNoon + seconds(1), .max_events = 1000, .most_per_call = 3};
  EXPECT_EQ(*store_->rooms().TrimEvents(nothing), 3u);
  EXPECT_THAT(AllEvents(), SizeIs(1));
  EXPECT_EQ(*store_->rooms().TrimEvents(nothing), 1u);
  EXPECT_EQ(*store_->rooms().TrimEvents(nothing), 0u);
  EXPECT_THAT(AllEvents(), IsEmpty());
}

TEST_P(StoreContract, TrimsEventsByBytes) {
  for (const char* const id : {"r1", "r2", "r3"}) LiveThrough(*store_, id);
  const std::vector<StoredEvent> before = AllEvents();
  std::uint64_t bytes = 0;
  for (const StoredEvent& stored : before) bytes += StoredBytes(stored.event);
  EventRetention retention{.keep_since = kNoon, .max_events = 1000, .max_bytes = bytes};
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 0u);
  retention.max_bytes = bytes - StoredBytes(before.at(0).event) - 1;
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 2u) << "the bound is not exceeded by a byte";
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 0u);
  retention.max_bytes = StoredBytes(before.back().event);
  retention.most_per_call = 7;
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 7u) << "at most the requested number";
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), before.size() - 10);
  EXPECT_THAT(AllEvents(), SizeIs(1));
  retention.max_bytes = 0;
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 1u);
  LiveThrough(*store_, "r4");
  retention.max_bytes = bytes / 3;
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 0u) << "removed events no longer count";
}

TEST_P(StoreContract, CountsTheBytesOfAMergedEventOnce) {
  const Room room = MakeRoom(RoomKind::kLive, "live", "creator", Dialect::kGen2);
  Create(room);
  std::vector<RoomUpdate> batch;
  for (std::size_t i = 0; i < 9; ++i) {
    batch.push_back(SettingCustom(room.key, '"' + std::string(100 * (9 - i), 'x') + '"'));
  }
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) ASSERT_OK(outcome);
  std::uint64_t bytes = 0;
  for (const StoredEvent& stored : AllEvents()) bytes += StoredBytes(stored.event);
  EventRetention retention{.keep_since = kNoon, .max_events = 1000, .max_bytes = bytes};
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 0u);
  retention.max_bytes = bytes - 1;
  EXPECT_EQ(*store_->rooms().TrimEvents(retention), 1u);
}

TEST_P(StoreContract, TrimsNoEventBehindANewerOne) {
  LiveThrough(*store_, "r1", kNoon + seconds(10));
  LiveThrough(*store_, "r2", kNoon);  // the wall clock was set back
  EXPECT_EQ(*store_->rooms().TrimEvents({.keep_since = kNoon + seconds(5), .max_events = 1000}),
            0u);
  EXPECT_EQ(*store_->rooms().TrimEvents({.keep_since = kNoon + seconds(5), .max_events = 5}), 3u);
  EXPECT_EQ(*store_->rooms().TrimEvents({.keep_since = kNoon + seconds(5), .max_events = 4}), 5u);
}

TEST_P(StoreContract, AReaderOfTrimmedEventsGetsCursorExpired) {
  LiveThrough(*store_, "r1");
  const Cursor first = store_->rooms().ReadEvents(Cursor::Start(), 1)->next;
  const Cursor third = store_->rooms().ReadEvents(Cursor::Start(), 3)->next;
  ASSERT_OK(store_->rooms().TrimEvents({.keep_since = kNoon, .max_events = 1}));
  EXPECT_ERROR(kCursorExpired, store_->rooms().ReadEvents(first, 10));
  EXPECT_ERROR(kCursorExpired,
               store_->rooms().ReadEvents({.epoch = first.epoch, .position = 0}, 10));
  const auto page =
      store_->rooms().ReadEvents(third, 10);  // the newest trimmed event: nothing missed
  ASSERT_OK(page);
  EXPECT_THAT(page->events, SizeIs(1));
}

TEST_P(StoreContract, DoesNotReusePositionsAfterTrimmingAllEvents) {
  LiveThrough(*store_, "r1");
  const Cursor end = store_->rooms().ReadEvents(Cursor::Start(), 10)->next;
  ASSERT_OK(store_->rooms().TrimEvents({.keep_since = kNoon, .max_events = 0}));
  EXPECT_EQ(store_->rooms().ReadEvents(Cursor::Start(), 10)->next, end);
  LiveThrough(*store_, "r2");
  const auto page = store_->rooms().ReadEvents(end, 10);
  ASSERT_OK(page);
  EXPECT_THAT(page->events, SizeIs(4));
  EXPECT_GT(page->events.front().position, end.position);
}

}  // namespace
}  // namespace rtcroom
