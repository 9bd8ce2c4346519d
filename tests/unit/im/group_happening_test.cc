#include "daemon/im/group_happening.h"

#include <gtest/gtest.h>

#include "daemon/core/im_groups.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

GroupHappening Of(Dialect dialect, std::uint64_t room_sequence, RoomHappening happening) {
  return GroupHappeningOf({.room = MakeKey(RoomKind::kMulti, "r"),
                           .dialect = dialect,
                           .room_sequence = room_sequence,
                           .at = kNoon,
                           .happening = std::move(happening)});
}

TEST(GroupHappening, TellsNobodyOfTheCreatorsOwnSeatInAGen1Room) {
  EXPECT_EQ(Of(Dialect::kGen1, 2, PusherAdded{}), GroupHappening::kNothing);
  EXPECT_EQ(Of(Dialect::kGen1, 3, PusherAdded{}), GroupHappening::kPushersChange);
}

TEST(GroupHappening, TellsOfTheFirstPusherOfAGen2RoomWhoseGroupMayBeJoinedAlready) {
  EXPECT_EQ(Of(Dialect::kGen2, 2, PusherAdded{}), GroupHappening::kPushersChange);
}

TEST(GroupHappening, TellsOfAPusherThatComesBackInGen2Only) {
  EXPECT_EQ(Of(Dialect::kGen1, 5, PusherUpdated{}), GroupHappening::kNothing);
  EXPECT_EQ(Of(Dialect::kGen2, 5, PusherUpdated{}), GroupHappening::kPushersChange);
}

TEST(GroupHappening, LeavesThoseWhoGoWithTheirRoomToTheEndOfIt) {
  for (const LeaveReason reason :
       {LeaveReason::kLeft, LeaveReason::kHeartbeatTimeout, LeaveReason::kKicked}) {
    EXPECT_EQ(Of(Dialect::kGen1, 5, PusherDeleted{.reason = reason}),
              GroupHappening::kPusherLeaves);
  }
  EXPECT_EQ(Of(Dialect::kGen1, 6, PusherDeleted{.reason = LeaveReason::kRoomDestroyed}),
            GroupHappening::kRoomIsEnding);
  EXPECT_EQ(Of(Dialect::kGen1, 7, RoomDestroyed{}), GroupHappening::kRoomEnds);
}

TEST(GroupHappening, MarksTheBeginningOfARoom) {
  EXPECT_EQ(Of(Dialect::kGen1, 1, RoomCreated{}), GroupHappening::kRoomBegins);
}

TEST(GroupHappening, ConcernsEveryKindOfRoomThatThereIs) {
  for (const RoomKind kind : kAllRoomKinds) EXPECT_EQ(HasGroup(kind), kind != RoomKind::kWebrtc);
}

}  // namespace
}  // namespace rtcroom
