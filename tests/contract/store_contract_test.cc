// Store contract: loading and changing rooms.
#include "tests/contract/store_contract.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;

TEST_P(StoreContract, LoadsARoomAsItWasWritten) {
  Room room = MakeRoom(RoomKind::kMulti, "r1", "alice", Dialect::kGen2);
  Pusher alice = MakePusher("alice");
  alice.seat = 2;
  room.last_event = 2;
  room.type = "type";
  room.custom = R"({"likes":7})";
  room.pushers = {alice};
  const auto created = store_->rooms().Update(room.key, [&](const Room*) {
    return RoomChange{
        .room = room,
        .events = {{.room = room.key, .dialect = room.dialect, .room_sequence = 1, .at = kNoon}}};
  });
  ASSERT_OK(created);
  room.sequence = created->room.sequence;
  room.place = created->room.place;
  EXPECT_GT(room.sequence, 0u);
  EXPECT_EQ(room.place, room.sequence);  // active from creation
  const auto loaded = store_->rooms().Load(room.key);
  ASSERT_OK(loaded);
  EXPECT_EQ(*loaded, room);
  EXPECT_EQ(created->room, room);
}

TEST_P(StoreContract, DoesNotFindAMissingRoom) {
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(MakeKey(RoomKind::kDouble, "r1")));
}

TEST_P(StoreContract, FindsARoomOnlyUnderItsOwnKind) {
  Create(MakeRoom(RoomKind::kDouble, "r1"));
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(MakeKey(RoomKind::kMulti, "r1")));
  const auto added = Apply(*store_, Adding(MakeKey(RoomKind::kMulti, "r1"), "bob"));
  EXPECT_ERROR(kRoomNotFound, added);
}

TEST_P(StoreContract, GivesAnEditTheStoredRoom) {
  const Room room = MakeRoom(RoomKind::kMulti, "r1");
  Create(room);
  Room seen;
  const auto refused =
      store_->rooms().Update(room.key, [&](const Room* stored) -> Result<RoomChange> {
        if (stored != nullptr) seen = *stored;
        return Error{Errc::kNotCreator, {}};
      });
  EXPECT_ERROR(kNotCreator, refused);
  EXPECT_EQ(seen, *store_->rooms().Load(room.key));
}

TEST_P(StoreContract, KeepsPushersInJoinOrder) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  Create(MakeRoom(key.kind, "r1"));
  ASSERT_OK(Apply(*store_, Adding(key, "zoe")));
  ASSERT_OK(Apply(*store_, Adding(key, "bob")));
  ASSERT_OK(Apply(*store_, Adding(key, "amy")));
  EXPECT_THAT(UsersOf(*store_->rooms().Load(key)), ElementsAre("creator", "zoe", "bob", "amy"));
  ASSERT_OK(Apply(*store_, Adding(key, "zoe")));  // rejoins and keeps her seat
  ASSERT_OK(Apply(*store_, Deleting(key, "bob")));
  EXPECT_THAT(UsersOf(*store_->rooms().Load(key)), ElementsAre("creator", "zoe", "amy"));
  ASSERT_OK(Apply(*store_, Adding(key, "bob")));
  EXPECT_THAT(UsersOf(*store_->rooms().Load(key)), ElementsAre("creator", "zoe", "amy", "bob"));
}

TEST_P(StoreContract, UpdatesTheProfileOfARejoiningPusher) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  Create(MakeRoom(key.kind, "r1"));
  Pusher bob = MakePusher("bob");
  for (const char* name : {"Bob", "Robert"}) {
    bob.user_name = name;
    ASSERT_OK(store_->rooms().Update(key, [&](const Room* stored) {
      return rules::AddPusher(stored, Dialect::kGen1, bob, {}, {}, kNoon);
    }));
  }
  EXPECT_EQ(store_->rooms().Load(key)->pushers.at(1).user_name, "Robert");
}

TEST_P(StoreContract, WritesChangedRoomProperties) {
  const Room room = MakeRoom(RoomKind::kMulti, "r1");
  Create(room);
  ASSERT_OK(store_->rooms().Update(room.key, [](const Room* stored) {
    RoomChange change{.room = *stored};
    change.room.creator = {"heir"};
    change.room.info = "new info";
    change.room.mixed_play_url = "new url";
    change.events.push_back({.room = stored->key, .room_sequence = ++change.room.last_event});
    return change;
  }));
  const Room loaded = *store_->rooms().Load(room.key);
  EXPECT_EQ(loaded.creator.value, "heir");
  EXPECT_EQ(loaded.info, "new info");
  EXPECT_EQ(loaded.mixed_play_url, "new url");
  EXPECT_EQ(loaded.last_event, 3u);
}

TEST_P(StoreContract, KeepsTextByteForByte) {
  constexpr char kText[] = "\xF0\x9F\x98\x80 'quoted' \"twice\" 100% ?1 \\ \n\t<b>&amp; \0 end";
  const std::string text(kText, sizeof(kText) - 1);
  Room room = MakeRoom(RoomKind::kLive, "it's;--");
  room.info = text;
  room.mixed_play_url = "";
  Create(room);
  Pusher bob = MakePusher("b%o'b");
  bob.user_name = text;
  bob.user_avatar = "";
  bob.push_url = std::string(1024, '\'');
  ASSERT_OK(store_->rooms().Update(room.key, [&](const Room* stored) {
    return rules::AddPusher(stored, Dialect::kGen1, bob, {}, {}, kNoon);
  }));
  const Room loaded = *store_->rooms().Load(room.key);
  EXPECT_EQ(loaded.info, text);
  EXPECT_EQ(loaded.mixed_play_url, "");
  EXPECT_EQ(loaded.pushers.at(1).user_id.value, "b%o'b");
  EXPECT_EQ(loaded.pushers.at(1).user_name, text);
  EXPECT_EQ(loaded.pushers.at(1).user_avatar, "");
  EXPECT_EQ(loaded.pushers.at(1).push_url, bob.push_url);
  const auto joined = std::get<PusherAdded>(AllEvents().back().event.payload);
  EXPECT_EQ(joined.user_name, text);
}

TEST_P(StoreContract, WritesNothingWhenAnEditFails) {
  const RoomKey key = MakeKey(RoomKind::kDouble, "r1");
  Create(MakeRoom(key.kind, "r1"));
  const Room before = *store_->rooms().Load(key);
  EXPECT_ERROR(kRoomFull, Apply(*store_, Adding(key, "bob", 1)));
  EXPECT_EQ(*store_->rooms().Load(key), before);
  EXPECT_EQ(AllEvents().size(), 2u);
}

TEST_P(StoreContract, WritesNothingForAChangeWithoutEvents) {
  const RoomKey key = MakeKey(RoomKind::kDouble, "r1");
  Create(MakeRoom(key.kind, "r1"));
  const Room before = *store_->rooms().Load(key);
  ASSERT_OK(store_->rooms().Update(key, [](const Room* stored) {
    RoomChange change{.room = *stored};
    change.room.info = "never written";
    return change;
  }));
  EXPECT_EQ(*store_->rooms().Load(key), before);
}

TEST_P(StoreContract, DeletesPushersWithTheirRoom) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  Create(MakeRoom(key.kind, "r1"));
  ASSERT_OK(Apply(*store_, Adding(key, "bob")));
  ASSERT_OK(Apply(*store_, Destroying(key)));
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(key));
  Create(MakeRoom(key.kind, "r1"));
  EXPECT_THAT(UsersOf(*store_->rooms().Load(key)), ElementsAre("creator"));
}

TEST_P(StoreContract, RefusesAnIdInUseByARoomOfAnyKind) {
  Create(MakeRoom(RoomKind::kDouble, "r1"));
  for (const RoomKind kind : {RoomKind::kMulti, RoomKind::kLive}) {
    EXPECT_ERROR(kRoomExists, Apply(*store_, Creating(MakeRoom(kind, "r1"))));
    EXPECT_EQ(store_->rooms().CountRooms(kind), 0u);
  }
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kDouble, "r1"))));
  EXPECT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kLive, "r1"))));
}

TEST_P(StoreContract, RefusesRoomsBeyondTheLimit) {
  OpenStore({.max_rooms = 2});
  Create(MakeRoom(RoomKind::kDouble, "r1"));
  Create(MakeRoom(RoomKind::kLive, "r2"));
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r3"))));
  EXPECT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kDouble, "r1"), "bob")));
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kDouble, "r1"))));
  EXPECT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r3"))));
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r4"))));
}

TEST_P(StoreContract, ReportsATakenIdEvenAtTheRoomLimit) {
  OpenStore({.max_rooms = 1});
  Create(MakeRoom(RoomKind::kDouble, "r1"));
  EXPECT_ERROR(kRoomExists, Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
}

TEST_P(StoreContract, AppliesTheUpdatesOfABatchInOrderAndIndependently) {
  const RoomKey key = MakeKey(RoomKind::kDouble, "r1");
  const std::vector<RoomUpdate> batch = {
      Creating(MakeRoom(key.kind, "r1")),        Adding(key, "bob", 2), Adding(key, "amy", 2),
      Creating(MakeRoom(RoomKind::kLive, "r1")), Deleting(key, "bob"),  Adding(key, "amy", 2),
  };
  const auto outcomes = store_->rooms().UpdateAll(batch);
  ASSERT_EQ(outcomes.size(), batch.size());
  EXPECT_OK(outcomes[0]);
  EXPECT_OK(outcomes[1]);
  EXPECT_ERROR(kRoomFull, outcomes[2]);
  EXPECT_ERROR(kRoomExists, outcomes[3]);
  EXPECT_OK(outcomes[4]);
  EXPECT_OK(outcomes[5]);
  EXPECT_THAT(UsersOf(*store_->rooms().Load(key)), ElementsAre("creator", "amy"));
}

TEST_P(StoreContract, ReturnsNoOutcomesForAnEmptyBatch) {
  EXPECT_TRUE(store_->rooms().UpdateAll({}).empty());
}

TEST_P(StoreContract, PingSucceedsOnAWritableStore) { EXPECT_OK(store_->Ping()); }

}  // namespace
}  // namespace rtcroom
