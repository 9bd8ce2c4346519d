// The events that are removals that the removed did not ask for.
#pragma once

#include <variant>

#include "daemon/core/room_event.h"

namespace rtcroom {

/// Whether a pusher was kicked or evicted: it did not leave by itself, and its client may go on as
/// if it were a member.
inline bool IsRemoval(const RoomEvent& event) {
  const auto* const deleted = std::get_if<PusherDeleted>(&event.payload);
  return deleted != nullptr && (deleted->reason == LeaveReason::kHeartbeatTimeout ||
                                deleted->reason == LeaveReason::kStreamInterrupted ||
                                deleted->reason == LeaveReason::kKicked);
}

/// Whether an operator has ended the room.
inline bool IsDismissal(const RoomEvent& event) {
  const auto* const destroyed = std::get_if<RoomDestroyed>(&event.payload);
  return destroyed != nullptr && destroyed->reason == EndReason::kDismissed;
}

}  // namespace rtcroom
