// The IM groups that clients of a room join.
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Whether this server manages groups for rooms of that kind. Clients of webrtc rooms create their
/// own.
/// @source protocol B.8, D.7.
constexpr bool HasGroup(RoomKind kind) {
  switch (kind) {
    case RoomKind::kDouble:
    case RoomKind::kMulti:
    case RoomKind::kLive:
      return true;
    case RoomKind::kWebrtc:
      return false;
  }
  return false;
}

/// Origin of the id of a room, and so of its group.
enum class IdOrigin : std::uint8_t {
  kNamed,      ///< named by the client: an older group of that id may be left over
  kGenerated,  ///< drawn here: a group of that id is always ours
};

/// Outcome for the room whose group was created.
enum class GroupOutcome : std::uint8_t {
  kKept,       ///< the room is stored, or may be
  kAbandoned,  ///< no room was stored
};

struct GroupReady {
  /// There is no group yet: its creation is enqueued with the room (DeliveryKind::kCreateGroup).
  bool is_made_later = false;
};

/// Creates the group of a new room. Committed events drive the end of a group and the notices to
/// its members; only the creation must precede the reply, since the client joins the group next.
///
/// @threads implementations are safe from any thread.
class ImGroups {
 public:
  using Done = std::function<void(Result<GroupReady>)>;

  virtual ~ImGroups() = default;

  /// Creates the group whose id is the room's id. A group of ours that is left over counts as
  /// success.
  ///
  /// Never blocks. Until `FinishGroup` nothing else is sent to the group: neither the destroy that
  /// the end of an earlier room of this id requires, nor a notice.
  ///
  /// @param deadline  of all attempts together.
  /// @param done  called exactly once: before this returns, or later from another thread, where it
  ///              may wait for a commit of the store. A failure does not prove that there is no
  ///              group: the response may have been lost.
  /// @errors kRoomExists when the id belongs to a group that is not ours; kUnavailable for all
  ///         other failures.
  /// @source protocol F.2, D.7.
  virtual void MakeGroup(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                         Done done) = 0;

  /// Completes `MakeGroup`: call it once for each, after its `done` was called with any outcome.
  /// The group of an abandoned generated id is destroyed in the background, unless a room of that
  /// id is stored after all, or `done` reported that the group is not ours. So is one that is kept
  /// for a room that proves not to be stored. The group of an abandoned named id is kept, since the
  /// next create of that id adopts it. Does not block, except for a commit of the store.
  virtual void FinishGroup(const RoomId& room_id, GroupOutcome outcome) = 0;
};

}  // namespace rtcroom
