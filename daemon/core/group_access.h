// Who may join the group of a room.
#pragma once

#include <cstdint>

namespace rtcroom {

/// Accounts that may join the group of a room. The names in the configuration are in this order.
enum class GroupAccess : std::uint8_t {
  kAny,      ///< every one that is not banned from the room
  kMembers,  ///< of these, pushers and viewers of the room, and its creator
};

}  // namespace rtcroom
