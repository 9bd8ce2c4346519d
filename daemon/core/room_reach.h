// The rooms that a login of the message channel reaches.
#pragma once

#include <cstdint>

#include "daemon/core/ids.h"

namespace rtcroom {

/// The generations of the rooms that a login reaches. To the login, all other rooms are absent.
/// @source protocol C.3.
enum class RoomReach : std::uint8_t {
  kAll,
  kGen1,  ///< reach of a login without proof of its identity, while dialects are isolated
};

/// @param made_by  dialect of the room.
constexpr bool IsReached(RoomReach reach, Dialect made_by) {
  return reach == RoomReach::kAll || made_by == Dialect::kGen1;
}

}  // namespace rtcroom
