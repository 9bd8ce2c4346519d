// Store contract: rooms that wait for their first pusher.
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr RoomKind kKind = RoomKind::kMulti;

TEST_P(StoreContract, LoadsAPreparedRoomAsWritten) {
  const Room spec = MakeWaitingRoom(kKind, "r1");
  const auto made = Apply(*store_, Preparing(spec));
  ASSERT_OK(made);
  EXPECT_GT(made->room.sequence, 0u);
  EXPECT_EQ(made->room.place, 0u);
  const auto loaded = store_->rooms().Load(spec.key);
  ASSERT_OK(loaded);
  EXPECT_EQ(*loaded, made->room);
  EXPECT_FALSE(loaded->IsActive());
  EXPECT_EQ(loaded->creator, UserId{"creator"});
}

TEST_P(StoreContract, KeepsThatARoomWasCreatedAsAGroup) {
  Room group = MakeWaitingRoom(RoomKind::kLive, "g");
  group.type = kCreatedGroup;
  group.custom = R"({"a":"1"})";
  const auto made = Apply(*store_, Preparing(group));
  ASSERT_OK(made);
  EXPECT_EQ(*store_->rooms().Load(group.key), made->room);
  EXPECT_TRUE(IsCreatedGroup(store_->rooms().Scan(0, 1)->rooms.front()));
  EXPECT_TRUE(std::get<RoomCreated>(AllEvents().front().event.payload).is_group);
}

TEST_P(StoreContract, APreparedRoomIsCountedAndScannedButNotListed) {
  OpenStore({.max_rooms = 2});
  Create(MakeRoom(kKind, "active"));
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kKind, "waits"))));
  EXPECT_EQ(store_->rooms().CountRooms(kKind), 2u);
  EXPECT_THAT(IdsOf(store_->rooms().Scan(0, 10)->rooms), ElementsAre("active", "waits"));
  for (const std::optional<Dialect> dialect :
       {std::optional<Dialect>(), std::optional(Dialect::kGen1), std::optional(Dialect::kGen2)}) {
    const auto listed = store_->rooms().List({.kind = kKind, .dialect = dialect, .count = 10});
    ASSERT_OK(listed);
    for (const Room& room : *listed) EXPECT_EQ(room.key.id.value, "active");
  }
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, Preparing(MakeWaitingRoom(kKind, "more"))));
}

TEST_P(StoreContract, APreparedRoomReservesItsId) {
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kKind, "r1"))));
  EXPECT_ERROR(kRoomExists, Apply(*store_, Preparing(MakeWaitingRoom(RoomKind::kLive, "r1"))));
  EXPECT_ERROR(kRoomExists, Apply(*store_, Creating(MakeRoom(RoomKind::kDouble, "r1"))));
}

TEST_P(StoreContract, PreparingARoomAgainChangesNothing) {
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kKind, "r1"))));
  const Room before = *store_->rooms().Load(MakeKey(kKind, "r1"));
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kKind, "r1"), kNoon + std::chrono::hours(1))));
  EXPECT_EQ(*store_->rooms().Load(before.key), before);
  EXPECT_EQ(AllEvents().size(), 1u);
}

TEST_P(StoreContract, TheFirstPusherAssignsTheListPlace) {
  const RoomKey key = MakeKey(kKind, "r1");
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kKind, "r1"))));
  const std::uint64_t sequence = store_->rooms().Load(key)->sequence;
  const auto added = Apply(*store_, Adding(key, "host"));
  ASSERT_OK(added);
  EXPECT_GT(added->room.place, sequence);
  EXPECT_EQ(*store_->rooms().Load(key), added->room);
  const auto second = Apply(*store_, Adding(key, "guest"));
  ASSERT_OK(second);
  EXPECT_EQ(second->room.place, added->room.place) << "its position does not change";
  EXPECT_EQ(second->room.sequence, sequence);
}

TEST_P(StoreContract, ListsRoomsInTheOrderInWhichTheyBecameActive) {
  for (const char* id : {"r1", "r2", "r3"}) {
    ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kKind, id))));
  }
  Create(MakeRoom(kKind, "gen1"));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(kKind, "r3"), "host")));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(kKind, "r1"), "host")));
  const RoomListQuery all{.kind = kKind, .count = 10};
  EXPECT_THAT(IdsOf(*store_->rooms().List(all)), ElementsAre("gen1", "r3", "r1"));
  const RoomListQuery gen2{.kind = kKind, .dialect = Dialect::kGen2, .index = 1, .count = 10};
  EXPECT_THAT(IdsOf(*store_->rooms().List(gen2)), ElementsAre("r1"));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(kKind, "r2"), "host")));
  EXPECT_THAT(IdsOf(*store_->rooms().List(all)), ElementsAre("gen1", "r3", "r1", "r2"));
  EXPECT_THAT(IdsOf(store_->rooms().Scan(0, 10)->rooms), ElementsAre("r1", "r2", "r3", "gen1"))
      << "a scan of all rooms is in order of creation";
}

TEST_P(StoreContract, AssignsEachPlaceAndSequenceOnce) {
  std::set<std::uint64_t> given;
  for (int round = 0; round < 3; ++round) {
    for (const char* id : {"r1", "r2"}) {
      const auto made = Apply(*store_, Preparing(MakeWaitingRoom(kKind, id)));
      ASSERT_OK(made);
      EXPECT_TRUE(given.insert(made->room.sequence).second);
    }
    for (const char* id : {"r2", "r1"}) {
      const auto added = Apply(*store_, Adding(MakeKey(kKind, id), "host"));
      ASSERT_OK(added);
      EXPECT_TRUE(given.insert(added->room.place).second);
      ASSERT_OK(Apply(*store_, Deleting(MakeKey(kKind, id), "host")));
    }
  }
  EXPECT_EQ(given.size(), 12u);
}

TEST_P(StoreContract, AnExpiredPreparedRoomIsRemoved) {
  const RoomKey key = MakeKey(kKind, "r1");
  const auto made = Apply(*store_, Preparing(MakeWaitingRoom(kKind, "r1")));
  ASSERT_OK(made);
  const auto ended = store_->rooms().Update(key, [&](const Room* stored) {
    return rules::ExpireInactiveRoom(stored, made->room.sequence, kNoon);
  });
  ASSERT_OK(ended);
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(key));
  EXPECT_EQ(store_->rooms().CountRooms(kKind), 0u);
  EXPECT_TRUE(store_->rooms().Scan(0, 10)->rooms.empty());
  EXPECT_THAT(*store_->rooms().List({.kind = kKind, .count = 10}), IsEmpty());
  EXPECT_ERROR(kRoomNotFound, Apply(*store_, Adding(key, "host")));
}

TEST_P(StoreContract, ARoomCreatedAndEndedInOneChangeLeavesOnlyEvents) {
  const RoomKey key = MakeKey(kKind, "r1");
  const auto passed = store_->rooms().Update(key, [&](const Room*) -> Result<RoomChange> {
    const auto made = rules::PrepareRoom(nullptr, MakeWaitingRoom(kKind, "r1"), kNoon);
    if (!made) return made.error();
    Result<RoomChange> ended = rules::DismissRoom(&made->room, kNoon);
    if (ended)
      ended->events.insert(ended->events.begin(), made->events.begin(), made->events.end());
    return ended;
  });
  ASSERT_OK(passed);
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(key));
  EXPECT_EQ(store_->rooms().CountRooms(kKind), 0u);
  EXPECT_EQ(AllEvents().size(), 2u);
}

TEST_P(StoreContract, ARefusedPusherAssignsNoPlace) {
  const RoomKey key = MakeKey(kKind, "r1");
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kKind, "r1"))));
  EXPECT_ERROR(kRoomFull, Apply(*store_, Adding(key, "host", 0)));
  EXPECT_EQ(store_->rooms().Load(key)->place, 0u);
  EXPECT_THAT(*store_->rooms().List({.kind = kKind, .count = 10}), IsEmpty());
  EXPECT_EQ(AllEvents().size(), 1u);
}

}  // namespace
}  // namespace rtcroom
