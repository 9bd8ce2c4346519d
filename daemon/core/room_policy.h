// Operator settings for rooms.
#pragma once

#include <cstdint>

#include "daemon/core/ids.h"
#include "daemon/core/room_limits.h"

namespace rtcroom {

/// Whether the two dialects share their rooms.
/// @source protocol C.3.
enum class Interop : std::uint8_t {
  kIsolated,  ///< a request sees the rooms of its own dialect only
  kShared,    ///< one pool
};

/// The users who may set the custom fields of a room (any user may increment and decrement).
enum class CustomSet : std::uint8_t {
  kMembers,  ///< its pushers and its creator
  kAnyone,
};

struct RoomPolicy {
  RoomLimits limits{};
  Interop interop = Interop::kIsolated;
  CustomSet custom_set = CustomSet::kMembers;
  bool creator_destroys_double = false;  ///< gen-2 rooms alone
  bool creator_destroys_multi = false;   ///< gen-2 rooms alone

  /// Whether a request of `dialect` may see a room of `made_by`.
  /// @source protocol C.3.
  [[nodiscard]] bool CanSee(Dialect dialect, Dialect made_by) const {
    return interop == Interop::kShared || dialect == made_by;
  }

  /// Whether a room ends when its creator leaves.
  /// @source protocol A.6, B.4.4, B.8.
  [[nodiscard]] bool EndsWithCreator(RoomKind kind, Dialect made_by) const {
    switch (kind) {
      case RoomKind::kDouble:
        return made_by == Dialect::kGen1 || creator_destroys_double;
      case RoomKind::kMulti:
        return made_by == Dialect::kGen1 || creator_destroys_multi;
      case RoomKind::kLive:
        return true;
      case RoomKind::kWebrtc:
        return false;
    }
    return true;
  }
};

/// Whether a room is active from its creation on, with its creator in it; otherwise it waits for
/// its first pusher.
/// @source protocol C.6, B.8.
constexpr bool StartsActive(RoomKind kind, Dialect dialect) {
  return dialect == Dialect::kGen1 || kind == RoomKind::kWebrtc;
}

/// Whether an add_pusher to a missing room creates it.
/// @source protocol C.6.
constexpr bool AddMakesRoom(RoomKind kind, Dialect dialect) { return !StartsActive(kind, dialect); }

}  // namespace rtcroom
