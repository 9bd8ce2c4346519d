#include "daemon/grpc/watch_filter.h"

#include <cstddef>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/colliding_names.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

EventFacts In(RoomKind kind, const std::string& room_id, EventPayload payload) {
  return EventFacts(RoomEvent{.room = MakeKey(kind, room_id), .payload = std::move(payload)});
}

EventFacts Joined(const std::string& user, const std::string& room_id = "r1",
                  RoomKind kind = RoomKind::kMulti) {
  return In(kind, room_id, PusherAdded{.user_id = {user}});
}

TEST(WatchFilter, MatchesEverythingByDefault) {
  const WatchFilter all;
  EXPECT_TRUE(all.Matches(Joined("u1")));
  EXPECT_TRUE(all.Matches(In(RoomKind::kLive, "r", RoomDestroyed{})));
  EXPECT_TRUE(WatchFilter(0, {}, {}).Matches(Joined("u1")));
  EXPECT_TRUE(all.Matches(MakeRoom(RoomKind::kDouble, "r")));
}

TEST(WatchFilter, MatchesKinds) {
  const WatchFilter filter(MaskOf(v1::ROOM_KIND_LIVE) | MaskOf(v1::ROOM_KIND_DOUBLE), {}, {});
  EXPECT_TRUE(filter.Matches(Joined("u1", "r1", RoomKind::kLive)));
  EXPECT_TRUE(filter.Matches(Joined("u1", "r1", RoomKind::kDouble)));
  EXPECT_FALSE(filter.Matches(Joined("u1", "r1", RoomKind::kMulti)));
  EXPECT_FALSE(filter.Matches(MakeRoom(RoomKind::kMulti, "r1")));
}

TEST(WatchFilter, MatchesOnlyRoomsOfTheKind) {
  const WatchFilter filter(MaskOf(v1::ROOM_KIND_WEBRTC), {}, {});
  for (const RoomKind kind : kAllRoomKinds) {
    EXPECT_EQ(filter.Matches(Joined("u1", "r1", kind)), kind == RoomKind::kWebrtc);
  }
}

TEST(WatchFilter, MatchesRooms) {
  const WatchFilter filter(0, {{.id = {"r1"}}, {.id = {"r2"}}}, {});
  EXPECT_TRUE(filter.Matches(Joined("u1", "r1")));
  EXPECT_TRUE(filter.Matches(Joined("u1", "r2", RoomKind::kLive)));
  EXPECT_FALSE(filter.Matches(Joined("u1", "r3")));
  EXPECT_FALSE(filter.Matches(MakeRoom(RoomKind::kMulti, "r3")));
  EXPECT_TRUE(filter.Matches(MakeRoom(RoomKind::kMulti, "r1")));
}

TEST(WatchFilter, MatchesRoomsUnderTheirRequestedKinds) {
  const WatchFilter filter(0,
                           {{.kinds = MaskOf(v1::ROOM_KIND_LIVE), .id = {"r1"}},
                            {.kinds = MaskOf(v1::ROOM_KIND_DOUBLE), .id = {"r1"}}},
                           {});
  EXPECT_TRUE(filter.Matches(Joined("u1", "r1", RoomKind::kLive)));
  EXPECT_TRUE(filter.Matches(Joined("u1", "r1", RoomKind::kDouble)));
  EXPECT_FALSE(filter.Matches(Joined("u1", "r1", RoomKind::kMulti)));
}

TEST(WatchFilter, MatchesEventsOfUsers) {
  const WatchFilter filter(0, {}, {{"u1"}});
  const auto happens = [&](EventPayload payload) {
    return filter.Matches(In(RoomKind::kMulti, "r1", std::move(payload)));
  };
  EXPECT_TRUE(happens(RoomCreated{.creator = {"u1"}}));
  EXPECT_TRUE(happens(PusherAdded{.user_id = {"u1"}}));
  EXPECT_TRUE(happens(PusherUpdated{.user_id = {"u1"}}));
  EXPECT_TRUE(happens(PusherDeleted{.user_id = {"u1"}}));
  EXPECT_FALSE(happens(RoomCreated{.creator = {"u2"}}));
  EXPECT_FALSE(happens(PusherAdded{.user_id = {"u2"}}));
  EXPECT_FALSE(happens(RoomDestroyed{}));  // concerns no single user
}

TEST(WatchFilter, MatchesRoomsByCreatorAndPushers) {
  Room room = MakeRoom(RoomKind::kMulti, "r1", "host");
  room.pushers = {MakePusher("guest")};
  EXPECT_TRUE(WatchFilter(0, {}, {{"host"}}).Matches(room));
  EXPECT_TRUE(WatchFilter(0, {}, {{"guest"}}).Matches(room));
  EXPECT_FALSE(WatchFilter(0, {}, {{"other"}}).Matches(room));
}

TEST(WatchFilter, RequiresAllItsConditions) {
  const WatchFilter filter(MaskOf(v1::ROOM_KIND_MULTI), {{.id = {"r1"}}}, {{"u1"}});
  EXPECT_TRUE(filter.Matches(Joined("u1", "r1", RoomKind::kMulti)));
  EXPECT_FALSE(filter.Matches(Joined("u1", "r1", RoomKind::kLive)));
  EXPECT_FALSE(filter.Matches(Joined("u1", "r2", RoomKind::kMulti)));
  EXPECT_FALSE(filter.Matches(Joined("u2", "r1", RoomKind::kMulti)));
}

TEST(WatchFilter, FindsEachOfManyNames) {
  std::vector<RoomPick> rooms;
  for (int i = 0; i < 100; ++i) rooms.push_back({.id = {"r" + std::to_string(i)}});
  const WatchFilter filter(0, rooms, {});
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(filter.Matches(Joined("u1", "r" + std::to_string(i))), i < 100) << i;
  }
}

TEST(WatchFilter, DistinguishesNamesThatCollideInStdHash) {
  std::unordered_set<std::size_t> rooms;
  std::unordered_set<std::size_t> users;
  const std::vector<std::string> names = CollidingNames(100);
  for (const std::string& name : names) {
    const EventFacts facts = Joined(name, name);
    rooms.insert(facts.room_hash);
    users.insert(facts.user_hash);
  }
  EXPECT_EQ(rooms.size(), names.size());
  EXPECT_EQ(users.size(), names.size());
}

}  // namespace
}  // namespace rtcroom
