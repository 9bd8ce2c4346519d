#include "daemon/admin/room_counters.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

constexpr std::size_t kLive = RoomKindIndex(RoomKind::kLive);
constexpr std::size_t kMulti = RoomKindIndex(RoomKind::kMulti);

Room RoomOf(RoomKind kind, std::uint64_t sequence) {
  return {.key = {.kind = kind, .id = {"r" + std::to_string(sequence)}}, .sequence = sequence};
}

class RoomCensusTest : public testing::Test {
 protected:
  void Commit(const Room& room, std::vector<EventPayload> payloads) {
    std::vector<StoredEvent> events;
    for (EventPayload& payload : payloads) {
      events.push_back({.room_number = room.sequence,
                        .event = {.room = room.key, .payload = std::move(payload)}});
    }
    counters_.OnCommit({.events = events});
  }

  RoomCounters counters_;
};

TEST_F(RoomCensusTest, CountsPushersByRoomKind) {
  Commit(RoomOf(RoomKind::kMulti, 1), {RoomCreated{}, PusherAdded{}});
  Commit(RoomOf(RoomKind::kMulti, 1), {PusherAdded{}});
  Commit(RoomOf(RoomKind::kLive, 2), {RoomCreated{}, PusherAdded{}});
  Commit(RoomOf(RoomKind::kLive, 2), {PusherUpdated{}});
  EXPECT_EQ(counters_.snapshot().pushers.at(kMulti), 2U);
  EXPECT_EQ(counters_.snapshot().pushers.at(kLive), 1U);
  EXPECT_EQ(counters_.snapshot().created.at(kMulti), 1U);
  Commit(RoomOf(RoomKind::kMulti, 1),
         {PusherDeleted{}, PusherDeleted{.reason = LeaveReason::kRoomDestroyed}, RoomDestroyed{}});
  EXPECT_EQ(counters_.snapshot().pushers.at(kMulti), 0U);
  EXPECT_EQ(counters_.snapshot().ended.at(kMulti), 1U);
  EXPECT_EQ(counters_.snapshot().pushers.at(kLive), 1U);
}

TEST_F(RoomCensusTest, CountsARejoiningViewerOnce) {
  const Room room = RoomOf(RoomKind::kLive, 1);
  Commit(room, {AudienceAdded{.user_id = {"v1"}}});
  Commit(room, {AudienceAdded{.user_id = {"v1"}, .user_info = "another", .is_new = false}});
  EXPECT_EQ(counters_.snapshot().audiences.at(kLive), 1U);
  Commit(room, {AudienceAdded{.user_id = {"v2"}}});
  EXPECT_EQ(counters_.snapshot().audiences.at(kLive), 2U);
  Commit(room, {AudienceDeleted{.user_id = {"v2"}}});
  EXPECT_EQ(counters_.snapshot().audiences.at(kLive), 1U);
  Commit(room, {RoomDestroyed{}});
  EXPECT_EQ(counters_.snapshot().audiences.at(kLive), 0U) << "viewers are removed with their room";
}

TEST_F(RoomCensusTest, DistinguishesEvictionsFromDepartures) {
  const Room room = RoomOf(RoomKind::kMulti, 1);
  Commit(room, {PusherDeleted{.reason = LeaveReason::kHeartbeatTimeout},
                PusherDeleted{.reason = LeaveReason::kKicked},
                PusherDeleted{.reason = LeaveReason::kKicked},
                PusherDeleted{.reason = LeaveReason::kLeft},
                PusherDeleted{.reason = LeaveReason::kRoomDestroyed}});
  for (const EndReason reason : {EndReason::kIdle, EndReason::kDismissed, EndReason::kDismissed,
                                 EndReason::kDismissed, EndReason::kCreatorLeft}) {
    Commit(room, {RoomDestroyed{.reason = reason}});
  }
  const Evictions evictions = counters_.snapshot().evictions;
  EXPECT_EQ(evictions.heartbeat_timeout, 1U);
  EXPECT_EQ(evictions.kicked, 2U);
  EXPECT_EQ(evictions.idle, 1U);
  EXPECT_EQ(evictions.dismissed, 3U);
}

TEST_F(RoomCensusTest, RestoresCountsOfAnEarlierRun) {
  Room room = RoomOf(RoomKind::kLive, 7);
  room.pushers.resize(3);
  room.audience_count = 5;
  counters_.Restore(room);
  EXPECT_EQ(counters_.snapshot().pushers.at(kLive), 3U);
  EXPECT_EQ(counters_.snapshot().audiences.at(kLive), 5U);
  EXPECT_EQ(counters_.snapshot().created.at(kLive), 0U) << "created by this run";
  Commit(room, {AudienceDeleted{}});
  EXPECT_EQ(counters_.snapshot().audiences.at(kLive), 4U);
}

}  // namespace
}  // namespace rtcroom
