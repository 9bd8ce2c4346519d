// What an event means for the group of its room.
#pragma once

#include <cstdint>

#include "daemon/core/room_event.h"

namespace rtcroom {

enum class GroupHappening : std::uint8_t {
  kNothing,
  kRoomBegins,     ///< its group was made before
  kPushersChange,  ///< the members are told
  kPusherLeaves,   ///< likewise, unless the next event is of the same change: then the room ends
  kRoomIsEnding,   ///< `kRoomEnds` follows in the same change
  kRoomEnds,       ///< the group goes
};

/// @source protocol A.8, B.4.3, F.3.
GroupHappening GroupHappeningOf(const RoomEvent& event);

}  // namespace rtcroom
