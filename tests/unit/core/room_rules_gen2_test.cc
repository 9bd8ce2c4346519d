// Rooms that are prepared first, and that pass on when their creator leaves.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/room_rules.h"
#include "tests/support/event_names.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

Pusher PusherNamed(const std::string& user) { return {.user_id = {user}, .user_name = user}; }

Room Spec(RoomKind kind = RoomKind::kMulti) {
  return {.key = {.kind = kind, .id = {"r1"}},
          .dialect = Dialect::kGen2,
          .creator = {"host"},
          .info = "info"};
}

Result<RoomChange> Add(const Room* stored, const std::string& user) {
  return rules::AddPusher(stored, Dialect::kGen2, PusherNamed(user), "mix of " + user, {}, kLater);
}

Result<RoomChange> Delete(const Room& stored, const std::string& user,
                          const RoomPolicy& policy = {}) {
  const auto url = [](const Pusher& creator) { return "mix of " + creator.user_id.value; };
  return rules::DeletePusher(&stored, Dialect::kGen2, {user}, LeaveReason::kLeft, url, policy,
                             kLater);
}

Room Prepared(RoomKind kind = RoomKind::kMulti) {
  return rules::PrepareRoom(nullptr, Spec(kind), kNoon)->room;
}

/// A room of the first of `users`, with the others as members.
Room RoomOf(const std::vector<std::string>& users, RoomKind kind = RoomKind::kMulti) {
  Room room = Prepared(kind);
  for (const std::string& user : users) room = Add(&room, user)->room;
  return room;
}

TEST(PreparedRooms, HaveNoPushers) {
  const Result<RoomChange> change = rules::PrepareRoom(nullptr, Spec(), kNoon);
  ASSERT_OK(change);
  EXPECT_FALSE(change->room.IsActive());
  EXPECT_EQ(change->room.creator, UserId{"host"});
  EXPECT_EQ(change->room.created_at, kNoon);
  EXPECT_THAT(EventNames(*change), ElementsAre("room_created"));
}

TEST(PreparedRooms, CanBePreparedAgainByTheSameUserWhileInactive) {
  const Room room = Prepared();
  const Result<RoomChange> again = rules::PrepareRoom(&room, Spec(), kLater);
  ASSERT_OK(again);
  EXPECT_THAT(again->events, testing::IsEmpty()) << "nothing changes";
  EXPECT_EQ(again->room, room);
}

TEST(PreparedRooms, AreTakenForOtherUsersAndOnceActive) {
  const Room room = Prepared();
  Room other = Spec();
  other.creator = {"somebody"};
  EXPECT_ERROR(kRoomExists, rules::PrepareRoom(&room, other, kLater));
  Room gen1 = Spec();
  gen1.dialect = Dialect::kGen1;
  EXPECT_ERROR(kRoomExists, rules::PrepareRoom(&room, gen1, kLater));
  const Room active = RoomOf({"host"});
  EXPECT_ERROR(kRoomExists, rules::PrepareRoom(&active, Spec(), kLater));
}

TEST(PreparedRooms, BelongToTheirFirstPusher) {
  const Room room = Prepared();
  const Result<RoomChange> change = Add(&room, "guest");
  ASSERT_OK(change);
  EXPECT_TRUE(change->room.IsActive());
  EXPECT_EQ(change->room.creator, UserId{"guest"});
  EXPECT_EQ(change->room.mixed_play_url, "mix of guest");
  EXPECT_THAT(EventNames(*change), ElementsAre("room_activated", "pusher_added"));
}

TEST(PreparedRooms, AreDestroyedByTheirCreatorOnly) {
  const Room room = Prepared();
  EXPECT_ERROR(kNotCreator, rules::DestroyRoom(&room, Dialect::kGen2, {"guest"}, {}, kLater));
  const auto change = rules::DestroyRoom(&room, Dialect::kGen2, {"host"}, {}, kLater);
  ASSERT_OK(change);
  EXPECT_TRUE(change->closed);
  EXPECT_THAT(EventNames(*change), ElementsAre("room_destroyed"));
}

TEST(PreparedRooms, ExpireWithoutPushers) {
  Room room = Prepared();
  room.sequence = 7;
  const Result<RoomChange> change = rules::ExpireInactiveRoom(&room, 7, kLater);
  ASSERT_OK(change);
  EXPECT_TRUE(change->closed);
  EXPECT_EQ(std::get<RoomDestroyed>(change->events.back().payload).reason, EndReason::kIdle);
}

TEST(PreparedRooms, DoNotExpireOnceActiveOrReplaced) {
  Room room = RoomOf({"host"});
  room.sequence = 7;
  EXPECT_FALSE(rules::ExpireInactiveRoom(&room, 7, kLater)->closed);
  Room another = Prepared();
  another.sequence = 8;
  EXPECT_FALSE(rules::ExpireInactiveRoom(&another, 7, kLater)->closed);
  EXPECT_ERROR(kRoomNotFound, rules::ExpireInactiveRoom(nullptr, 7, kLater));
}

TEST(Gen2Rooms, PassToTheOldestPusherWhenTheirCreatorLeaves) {
  const Room room = RoomOf({"host", "a", "b"});
  const Result<RoomChange> change = Delete(room, "host");
  ASSERT_OK(change);
  EXPECT_FALSE(change->closed);
  EXPECT_EQ(change->room.creator, UserId{"a"});
  EXPECT_EQ(change->room.mixed_play_url, "mix of a");
  ASSERT_THAT(EventNames(*change), ElementsAre("pusher_deleted"));
  EXPECT_EQ(std::get<PusherDeleted>(change->events[0].payload).new_creator, UserId{"a"});
}

TEST(Gen2Rooms, StayWithTheirCreatorWhenAnotherLeaves) {
  const Room room = RoomOf({"host", "a"});
  const Result<RoomChange> change = Delete(room, "a");
  ASSERT_OK(change);
  EXPECT_EQ(change->room.creator, UserId{"host"});
  EXPECT_EQ(std::get<PusherDeleted>(change->events[0].payload).new_creator, UserId{});
}

TEST(Gen2Rooms, EndWithTheirLastPusher) {
  const Room room = RoomOf({"host"});
  const Result<RoomChange> change = Delete(room, "host");
  ASSERT_OK(change);
  EXPECT_TRUE(change->closed);
  EXPECT_THAT(EventNames(*change), ElementsAre("pusher_deleted", "room_destroyed"));
  EXPECT_EQ(std::get<RoomDestroyed>(change->events.back().payload).reason, EndReason::kLastLeft);
}

TEST(Gen2Rooms, EndWithTheirCreatorIfConfigured) {
  const Room live = RoomOf({"host", "a"}, RoomKind::kLive);
  const Result<RoomChange> of_live = Delete(live, "host");
  EXPECT_THAT(EventNames(*of_live),
              ElementsAre("pusher_deleted", "pusher_deleted", "room_destroyed"));
  EXPECT_EQ(std::get<RoomDestroyed>(of_live->events.back().payload).reason,
            EndReason::kCreatorLeft);
  const Room multi = RoomOf({"host", "a"});
  EXPECT_FALSE(Delete(multi, "host")->closed);
  EXPECT_TRUE(Delete(multi, "host", {.creator_destroys_multi = true})->closed);
  const Room pair = RoomOf({"host", "a"}, RoomKind::kDouble);
  EXPECT_FALSE(Delete(pair, "host", {.creator_destroys_multi = true})->closed);
  EXPECT_TRUE(Delete(pair, "host", {.creator_destroys_double = true})->closed);
}

TEST(Gen2Rooms, PlayTheCurrentStreamOfTheirCreator) {
  const Room room = RoomOf({"host", "a"});
  const auto add = [&](const std::string& user) {
    return rules::AddPusher(&room, Dialect::kGen2, PusherNamed(user), "a new mix", {}, kLater);
  };
  EXPECT_EQ(add("host")->room.mixed_play_url, "a new mix");
  EXPECT_EQ(add("a")->room.mixed_play_url, "mix of host");
}

TEST(WebrtcRooms, DoNotEndWhenTheirCreatorLeaves) {
  Room spec = Spec(RoomKind::kWebrtc);
  Room room = rules::CreateRoom(nullptr, spec, PusherNamed("host"), kNoon)->room;
  room = Add(&room, "a")->room;
  EXPECT_FALSE(
      Delete(room, "host", {.creator_destroys_double = true, .creator_destroys_multi = true})
          ->closed);
}

TEST(SharedRooms, AreFoundByBothDialects) {
  const RoomPolicy shared{.interop = Interop::kShared};
  const Room room = RoomOf({"host"});
  const auto add = [&](const RoomPolicy& policy) {
    return rules::AddPusher(&room, Dialect::kGen1, PusherNamed("a"), "", policy, kLater);
  };
  EXPECT_OK(add(shared));
  EXPECT_ERROR(kRoomNotFound, add({}));
  EXPECT_OK(rules::DestroyRoom(&room, Dialect::kGen1, {"host"}, shared, kLater));
}

}  // namespace
}  // namespace rtcroom
