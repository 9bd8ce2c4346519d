// Store contract: room lists.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Listed(Storage& store, const RoomListQuery& query) {
  const auto rooms = store.rooms().List(query);
  EXPECT_OK(rooms);
  return rooms ? IdsOf(*rooms) : std::vector<std::string>{};
}

TEST_P(StoreContract, ListsRoomsInTheOrderOfCreation) {
  for (const char* id : {"zebra", "ape", "mole"}) Create(MakeRoom(RoomKind::kMulti, id));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kMulti, "zebra"), "bob")));
  const RoomListQuery query{.kind = RoomKind::kMulti, .count = 10};
  EXPECT_THAT(Listed(*store_, query), ElementsAre("zebra", "ape", "mole"));
}

TEST_P(StoreContract, ListsOneKindAndDialect) {
  Create(MakeRoom(RoomKind::kMulti, "multi"));
  Create(MakeRoom(RoomKind::kDouble, "double"));
  Create(MakeRoom(RoomKind::kMulti, "gen2", "creator", Dialect::kGen2));
  Create(MakeRoom(RoomKind::kMulti, "multi too"));
  RoomListQuery query{.kind = RoomKind::kMulti, .dialect = Dialect::kGen1, .count = 10};
  EXPECT_THAT(Listed(*store_, query), ElementsAre("multi", "multi too"));
  query.dialect = Dialect::kGen2;
  EXPECT_THAT(Listed(*store_, query), ElementsAre("gen2"));
  query.kind = RoomKind::kLive;
  EXPECT_THAT(Listed(*store_, query), IsEmpty());
}

TEST_P(StoreContract, ListsBothDialectsTogetherInOneOrder) {
  for (int i = 0; i < 9; ++i) {
    const Dialect dialect = i % 3 == 0 ? Dialect::kGen2 : Dialect::kGen1;
    Create(MakeRoom(RoomKind::kMulti, fmt::format("r{}", i), "creator", dialect));
  }
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, "r4"))));
  const RoomListQuery all{.kind = RoomKind::kMulti, .count = 10};
  EXPECT_THAT(Listed(*store_, all), ElementsAre("r0", "r1", "r2", "r3", "r5", "r6", "r7", "r8"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kMulti, .index = 2, .count = 3}),
              ElementsAre("r2", "r3", "r5"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kMulti, .index = 7, .count = 3}),
              ElementsAre("r8"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kMulti, .index = 8, .count = 3}), IsEmpty());
}

TEST_P(StoreContract, ContinuesAListAfterRoomsBeforeTheCursorEnded) {
  for (int i = 0; i < 9; ++i) {
    const Dialect dialect = i % 3 == 0 ? Dialect::kGen2 : Dialect::kGen1;
    Create(MakeRoom(RoomKind::kMulti, fmt::format("r{}", i), "creator", dialect));
  }
  RoomListQuery query{.kind = RoomKind::kMulti, .count = 3};
  const auto first = store_->rooms().List(query);
  ASSERT_OK(first);
  query.after = first->back().place;
  for (const char* id : {"r1", "r2", "r4"}) {
    ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, id))));
  }
  EXPECT_THAT(Listed(*store_, query), ElementsAre("r3", "r5", "r6"));
  query.dialect = Dialect::kGen2;
  EXPECT_THAT(Listed(*store_, query), ElementsAre("r3", "r6"));
}

TEST_P(StoreContract, ListsWebrtcRoomsOfOneType) {
  Create(MakeWebrtcRoom("a1", "a"));
  Create(MakeWebrtcRoom("none1", ""));
  Create(MakeWebrtcRoom("b1", "b"));
  Create(MakeWebrtcRoom("a2", "a"));
  Create(MakeWebrtcRoom("a3", "a"));
  RoomListQuery query{.kind = RoomKind::kWebrtc, .count = 10};
  EXPECT_THAT(Listed(*store_, query), ElementsAre("a1", "none1", "b1", "a2", "a3"));
  query.type = "a";
  EXPECT_THAT(Listed(*store_, query), ElementsAre("a1", "a2", "a3"));
  query.index = 1;
  query.count = 1;
  EXPECT_THAT(Listed(*store_, query), ElementsAre("a2"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kWebrtc, .type = "b", .count = 10}),
              ElementsAre("b1"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kWebrtc, .type = "", .count = 10}),
              ElementsAre("none1"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kWebrtc, .type = "c", .count = 10}), IsEmpty());
}

TEST_P(StoreContract, ListsNothingForATypeWithoutRooms) {
  Create(MakeWebrtcRoom("a1", "a"));
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kWebrtc, "a1"))));
  const RoomListQuery query{.kind = RoomKind::kWebrtc, .type = "a", .count = 10};
  EXPECT_THAT(Listed(*store_, query), IsEmpty());
  Create(MakeWebrtcRoom("a1", "a"));
  EXPECT_THAT(Listed(*store_, query), ElementsAre("a1"));
}

TEST_P(StoreContract, TypesAreComparedByteForByte) {
  const std::vector<std::string> types = {"a", "A", "a ", std::string("a\0b", 3), "\xC3\xA4", "%"};
  for (std::size_t i = 0; i < types.size(); ++i) {
    Create(MakeWebrtcRoom(fmt::format("r{}", i), types[i]));
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kWebrtc, .type = types[i], .count = 10}),
                ElementsAre(fmt::format("r{}", i)));
  }
}

TEST_P(StoreContract, ListsRoomsWithPushers) {
  for (const char* id : {"r1", "r2"}) {
    Create(MakeRoom(RoomKind::kMulti, id));
    ASSERT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kMulti, id), "bob")));
  }
  const auto rooms = store_->rooms().List({.kind = RoomKind::kMulti, .count = 10});
  ASSERT_OK(rooms);
  ASSERT_EQ(rooms->size(), 2u);
  for (const Room& room : *rooms) EXPECT_EQ(room, *store_->rooms().Load(room.key));
}

TEST_P(StoreContract, PagesThroughALongListWithoutGapOrRepetition) {
  constexpr int kRooms = 250;
  std::vector<RoomUpdate> batch;
  std::vector<std::string> all;
  for (int i = 0; i < kRooms; ++i) {
    all.push_back(fmt::format("r{}", i));
    // Long runs of one dialect, so that pages lie both within and across runs.
    const Dialect dialect = i % 59 < 37 ? Dialect::kGen1 : Dialect::kGen2;
    batch.push_back(Creating(MakeRoom(RoomKind::kLive, all.back(), "creator", dialect)));
    // Rooms of another kind in between must not count.
    batch.push_back(Creating(MakeRoom(RoomKind::kDouble, fmt::format("d{}", i))));
  }
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) ASSERT_OK(outcome);
  std::vector<std::string> paged;
  for (std::uint64_t index = 0; index < kRooms; index += 20) {
    const auto page = Listed(*store_, {.kind = RoomKind::kLive, .index = index, .count = 20});
    EXPECT_EQ(page.size(), std::min<std::size_t>(20, kRooms - index));
    paged.insert(paged.end(), page.begin(), page.end());
  }
  EXPECT_EQ(paged, all);
}

TEST_P(StoreContract, ListsNothingPastTheEnd) {
  Create(MakeRoom(RoomKind::kMulti, "r1"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kMulti, .index = 1, .count = 5}), IsEmpty());
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kMulti, .index = UINT64_MAX, .count = 5}),
              IsEmpty());
}

TEST_P(StoreContract, ListsNothingForACountOfZero) {
  Create(MakeRoom(RoomKind::kMulti, "r1"));
  EXPECT_THAT(Listed(*store_, {.kind = RoomKind::kMulti, .count = 0}), IsEmpty());
}

TEST_P(StoreContract, ListsARecreatedRoomLast) {
  for (const char* id : {"r1", "r2"}) Create(MakeRoom(RoomKind::kMulti, id));
  const std::uint64_t newest = store_->rooms().Load(MakeKey(RoomKind::kMulti, "r2"))->sequence;
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, "r2"))));
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, "r1"))));
  Create(MakeRoom(RoomKind::kMulti, "r2"));
  Create(MakeRoom(RoomKind::kMulti, "r1"));
  EXPECT_GT(store_->rooms().Load(MakeKey(RoomKind::kMulti, "r2"))->sequence, newest);
  const RoomListQuery query{.kind = RoomKind::kMulti, .count = 10};
  EXPECT_THAT(Listed(*store_, query), ElementsAre("r2", "r1"));
}

TEST_P(StoreContract, CountsTheRoomsOfAKindOverBothDialects) {
  Create(MakeRoom(RoomKind::kMulti, "r1"));
  Create(MakeRoom(RoomKind::kMulti, "r2", "creator", Dialect::kGen2));
  Create(MakeRoom(RoomKind::kLive, "r3"));
  EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kMulti), 2u);
  EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kDouble), 0u);
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, "r1"))));
  EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kMulti), 1u);
}

TEST_P(StoreContract, ScansRoomsOfEveryKindBySequence) {
  Create(MakeRoom(RoomKind::kMulti, "r1"));
  Create(MakeRoom(RoomKind::kDouble, "r2", "creator", Dialect::kGen2));
  Create(MakeRoom(RoomKind::kLive, "r3"));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kLive, "r3"), "bob")));
  const auto first = store_->rooms().Scan(0, 2);
  ASSERT_OK(first);
  EXPECT_THAT(IdsOf(first->rooms), ElementsAre("r1", "r2"));
  const auto rest = store_->rooms().Scan(first->rooms.back().sequence, 2);
  ASSERT_OK(rest);
  ASSERT_THAT(IdsOf(rest->rooms), ElementsAre("r3"));
  EXPECT_THAT(UsersOf(rest->rooms.front()), ElementsAre("creator", "bob"));
  EXPECT_TRUE(store_->rooms().Scan(rest->rooms.back().sequence, 2)->rooms.empty());
}

/// Without what `ScanMembers` may leave out.
std::vector<Room> Remembered(std::vector<Room> rooms) {
  for (Room& room : rooms) {
    for (std::string* const text : {&room.info, &room.mixed_play_url, &room.type, &room.custom}) {
      text->clear();
    }
    room.created_at = {};
    room.place = room.last_event = 0;
    for (Pusher& pusher : room.pushers) {
      pusher.user_name.clear();
      pusher.user_avatar.clear();
      pusher.accelerate_url.clear();
    }
  }
  return rooms;
}

TEST_P(StoreContract, ScansOfMembersHaveAllThatAProcessRemembers) {
  Create(LiveRoom());
  ASSERT_OK(Apply(*store_, Adding(kLiveR1, "guest")));
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "viewer")));
  ASSERT_OK(
      Apply(*store_, Mixing(kLiveR1, {{.user_id = {"guest"},
                                       .place = {.x = 1, .y = 2, .width = 3, .height = 4}}})));
  Create(MakeRoom(RoomKind::kMulti, "r2", "amy"));
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(RoomKind::kMulti, "waits"))));
  const auto all = store_->rooms().Scan(0, 10);
  ASSERT_OK(all);
  ASSERT_EQ(all->rooms.size(), 3u);
  const auto members = store_->rooms().ScanMembers(0, 10);
  ASSERT_OK(members);
  EXPECT_EQ(Remembered(members->rooms), Remembered(all->rooms));
  EXPECT_EQ(members->at, all->at);
  const auto second = store_->rooms().ScanMembers(all->rooms[0].sequence, 1);
  ASSERT_OK(second);
  EXPECT_EQ(Remembered(second->rooms), Remembered({all->rooms[1]}));
}

}  // namespace
}  // namespace rtcroom
