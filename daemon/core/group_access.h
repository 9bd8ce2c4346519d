// Who may join the group of a room, and send messages to whom.
#pragma once

#include <cstdint>

namespace rtcroom {

/// Accounts that may join the group of a room. The names in the configuration are in this order.
enum class GroupAccess : std::uint8_t {
  kAny,      ///< every one that is not banned from the room
  kMembers,  ///< pushers and viewers of the room among these, and its creator
};

/// Accounts that a message may be sent to directly. The names in the configuration are in this
/// order.
enum class DirectAccess : std::uint8_t {
  kAny,
  kShared,  ///< accounts of a group of the sender, and pushers and creators of rooms
};

}  // namespace rtcroom
