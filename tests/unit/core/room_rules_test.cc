#include "daemon/core/room_rules.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/event_names.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

const RoomPolicy kPolicy{.limits = {.max_pushers_multi = 3}};

Pusher TestPusher(const std::string& user, const std::string& push_url = "rtmp://p/1") {
  return {
      .user_id = {user}, .user_name = user + "'s name", .user_avatar = "a", .push_url = push_url};
}

Result<RoomChange> Add(const Room* stored, Dialect dialect, const Pusher& newcomer, TimePoint now) {
  return rules::AddPusher(stored, dialect, newcomer, "", kPolicy, now);
}
Result<RoomChange> Delete(const Room* stored, Dialect dialect, const UserId& user_id,
                          LeaveReason reason, TimePoint now) {
  const auto no_url = [](const Pusher& /*creator*/) { return std::string(); };
  return rules::DeletePusher(stored, dialect, user_id, reason, no_url, kPolicy, now);
}
Result<RoomChange> Destroy(const Room* stored, Dialect dialect, const UserId& user_id,
                           TimePoint now) {
  return rules::DestroyRoom(stored, dialect, user_id, kPolicy, now);
}

Room NewRoom() { return {.key = {.kind = RoomKind::kMulti, .id = {"r1"}}, .info = "name"}; }

/// A room of "host" with `guests` as members.
Room RoomWith(const std::vector<std::string>& guests) {
  Room room = rules::CreateRoom(nullptr, NewRoom(), TestPusher("host"), kNoon)->room;
  for (const std::string& guest : guests) {
    room = Add(&room, Dialect::kGen1, TestPusher(guest), kNoon)->room;
  }
  return room;
}

TEST(RoomRules, CreateRoomAddsTheCreatorAsFirstPusher) {
  const Result<RoomChange> change =
      rules::CreateRoom(nullptr, NewRoom(), TestPusher("host"), kNoon);
  ASSERT_OK(change);
  EXPECT_EQ(change->room.creator, UserId{"host"});
  EXPECT_EQ(change->room.created_at, kNoon);
  ASSERT_EQ(change->room.pushers.size(), 1U);
  EXPECT_EQ(change->room.pushers[0].user_id, UserId{"host"});
  EXPECT_EQ(change->room.pushers[0].added_at, kNoon);
  EXPECT_EQ(EventNames(*change), (std::vector<std::string>{"room_created", "pusher_added"}));
}

TEST(RoomRules, NumbersTheEventsOfARoomFromOneWithoutGaps) {
  Room room = rules::CreateRoom(nullptr, NewRoom(), TestPusher("host"), kNoon)->room;
  std::vector<std::uint64_t> numbers{1, 2};
  const auto note = [&](const Result<RoomChange>& change) {
    for (const RoomEvent& event : change->events) numbers.push_back(event.room_sequence);
    room = change->room;
  };
  note(Add(&room, Dialect::kGen1, TestPusher("a"), kNoon));
  note(Add(&room, Dialect::kGen1, TestPusher("a"), kLater));
  note(Delete(&room, Dialect::kGen1, {"a"}, LeaveReason::kLeft, kLater));
  note(Destroy(&room, Dialect::kGen1, {"host"}, kLater));
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7}));
}

TEST(RoomRules, ARepeatedCreateUpdatesOnlyTheCreatorsEntry) {
  const Room before = RoomWith({"a"});
  Room spec = NewRoom();
  spec.info = "another name";
  const Result<RoomChange> change =
      rules::CreateRoom(&before, spec, TestPusher("host", "rtmp://p/9"), kLater);
  ASSERT_OK(change);
  EXPECT_EQ(change->room.pushers[0].push_url, "rtmp://p/9");
  EXPECT_EQ(change->room.pushers[1], before.pushers[1]);
  EXPECT_EQ(change->room.info, "name");
  EXPECT_EQ(EventNames(*change), std::vector<std::string>{"pusher_updated"});
}

TEST(RoomRules, RefusesARoomIdInUseByAnotherUser) {
  const Room room = RoomWith({"a"});
  EXPECT_ERROR(kRoomExists, rules::CreateRoom(&room, NewRoom(), TestPusher("a"), kNoon));
}

TEST(RoomRules, RefusesARoomIdInUseByTheOtherDialect) {
  Room room = RoomWith({});
  room.dialect = Dialect::kGen2;
  EXPECT_ERROR(kRoomExists, rules::CreateRoom(&room, NewRoom(), TestPusher("host"), kNoon));
}

TEST(RoomRules, AddsPushersInJoinOrder) {
  const Room room = RoomWith({"a", "b"});
  ASSERT_EQ(room.pushers.size(), 3U);
  EXPECT_EQ(room.pushers[1].user_id, UserId{"a"});
  EXPECT_EQ(room.pushers[2].user_id, UserId{"b"});
  EXPECT_LT(room.pushers[0].seat, room.pushers[1].seat);
  EXPECT_LT(room.pushers[1].seat, room.pushers[2].seat);
}

TEST(RoomRules, RefusesAPusherIfTheRoomIsFull) {
  const Room room = RoomWith({"a", "b"});
  EXPECT_ERROR(kRoomFull, Add(&room, Dialect::kGen1, TestPusher("c"), kNoon));
}

TEST(RoomRules, KeepsTheSeatOfARejoiningPusherInAFullRoom) {
  const Room room = RoomWith({"a", "b"});
  const Result<RoomChange> change =
      Add(&room, Dialect::kGen1, TestPusher("a", "rtmp://p/new"), kLater);
  ASSERT_OK(change);
  EXPECT_EQ(change->room.pushers[1].push_url, "rtmp://p/new");
  EXPECT_EQ(change->room.pushers[1].seat, room.pushers[1].seat);
  EXPECT_EQ(change->room.pushers[1].added_at, kLater);
  EXPECT_EQ(EventNames(*change), std::vector<std::string>{"pusher_updated"});
}

TEST(RoomRules, RefusesToAddToAMissingRoom) {
  EXPECT_ERROR(kRoomNotFound, Add(nullptr, Dialect::kGen1, TestPusher("a"), kNoon));
}

TEST(RoomRules, TreatsARoomOfTheOtherDialectAsMissing) {
  const Room room = RoomWith({"a"});
  EXPECT_ERROR(kRoomNotFound, Add(&room, Dialect::kGen2, TestPusher("b"), kNoon));
  EXPECT_ERROR(kPusherNotFound, Delete(&room, Dialect::kGen2, {"a"}, LeaveReason::kLeft, kNoon));
  EXPECT_ERROR(kRoomNotFound, Destroy(&room, Dialect::kGen2, {"host"}, kNoon));
}

TEST(RoomRules, RemovesOnlyALeavingPusherThatIsNotTheCreator) {
  const Room room = RoomWith({"a", "b"});
  const Result<RoomChange> change =
      Delete(&room, Dialect::kGen1, {"a"}, LeaveReason::kLeft, kLater);
  ASSERT_OK(change);
  EXPECT_FALSE(change->closed);
  EXPECT_EQ(change->room.pushers.size(), 2U);
  ASSERT_EQ(change->events.size(), 1U);
  EXPECT_EQ(std::get<PusherDeleted>(change->events[0].payload),
            (PusherDeleted{.user_id = {"a"}, .reason = LeaveReason::kLeft}));
}

TEST(RoomRules, RefusesToDeleteAMissingPusher) {
  const Room room = RoomWith({"a"});
  EXPECT_ERROR(kPusherNotFound, Delete(&room, Dialect::kGen1, {"b"}, LeaveReason::kLeft, kNoon));
  EXPECT_ERROR(kPusherNotFound, Delete(nullptr, Dialect::kGen1, {"a"}, LeaveReason::kLeft, kNoon));
}

TEST(RoomRules, EndsTheRoomAndItsPushersWithTheCreator) {
  const Room room = RoomWith({"a", "b"});
  const Result<RoomChange> change =
      Delete(&room, Dialect::kGen1, {"host"}, LeaveReason::kHeartbeatTimeout, kLater);
  ASSERT_OK(change);
  EXPECT_TRUE(change->closed);
  ASSERT_EQ(change->events.size(), 4U);
  EXPECT_EQ(std::get<PusherDeleted>(change->events[0].payload),
            (PusherDeleted{.user_id = {"host"}, .reason = LeaveReason::kHeartbeatTimeout}));
  EXPECT_EQ(std::get<PusherDeleted>(change->events[1].payload),
            (PusherDeleted{.user_id = {"a"}, .reason = LeaveReason::kRoomDestroyed}));
  EXPECT_EQ(std::get<PusherDeleted>(change->events[2].payload),
            (PusherDeleted{.user_id = {"b"}, .reason = LeaveReason::kRoomDestroyed}));
  EXPECT_EQ(std::get<RoomDestroyed>(change->events[3].payload).reason, EndReason::kCreatorLeft);
}

TEST(RoomRules, TheCreatorDestroysTheRoom) {
  const Room room = RoomWith({"a"});
  const Result<RoomChange> change = Destroy(&room, Dialect::kGen1, {"host"}, kLater);
  ASSERT_OK(change);
  EXPECT_TRUE(change->closed);
  EXPECT_EQ(EventNames(*change),
            (std::vector<std::string>{"pusher_deleted", "pusher_deleted", "room_destroyed"}));
  EXPECT_EQ(std::get<RoomDestroyed>(change->events[2].payload).reason, EndReason::kDestroyed);
}

TEST(RoomRules, RefusesDestroyByOtherUsers) {
  const Room room = RoomWith({"a"});
  EXPECT_ERROR(kNotCreator, Destroy(&room, Dialect::kGen1, {"a"}, kNoon));
  EXPECT_ERROR(kRoomNotFound, Destroy(nullptr, Dialect::kGen1, {"host"}, kNoon));
}

}  // namespace
}  // namespace rtcroom
