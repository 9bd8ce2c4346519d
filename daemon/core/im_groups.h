// The IM groups that clients of a room join.
#pragma once

#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// Makes the group of a new room. Groups end, and their members get notices, by committed
/// events; only making one must come before the reply, since the client joins it next.
///
/// @threads implementations are safe from any thread.
class ImGroups {
 public:
  virtual ~ImGroups() = default;

  /// Makes the group whose id is the room's. A group of ours that is left over is a success.
  ///
  /// Blocks until `deadline` at most. A failure does not prove that there is no group: the
  /// answer may have been lost.
  /// @errors kRoomExists when the id belongs to somebody else; kUnavailable for the rest.
  /// @source protocol F.2, D.7.
  virtual Status CreateGroup(const RoomId& room_id, MonotonicTime deadline) = 0;

  /// Tells that no room came of `room_id`, whose group may exist: it is to be destroyed in the
  /// background. Called for generated ids only. Does not block.
  virtual void AbandonGroup(const RoomId& room_id) = 0;
};

}  // namespace rtcroom
