// The IM groups that clients of a room join.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/group_task_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Whether rooms of that kind have groups of ours. The clients of webrtc rooms make theirs.
/// @source protocol A.8, B.8.
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

/// Where the id of a room, and so of its group, comes from.
enum class IdOrigin : std::uint8_t {
  kNamed,      ///< the client named it: a group of that id may be left over from before
  kGenerated,  ///< drawn here: a group of that id is ours alone
};

/// What became of the room whose group was made.
enum class GroupFate : std::uint8_t {
  kKept,       ///< the room is stored
  kAbandoned,  ///< no room came of it
};

/// What must be written with the room, when there is anything.
struct GroupReady {
  std::optional<GroupTaskChange> with_room{};
};

/// Makes the group of a new room. Groups end, and their members get notices, by committed
/// events; only making one must come before the reply, since the client joins it next.
///
/// @threads implementations are safe from any thread.
class ImGroups {
 public:
  using Done = std::function<void(Result<GroupReady>)>;

  virtual ~ImGroups() = default;

  /// Makes the group whose id is the room's. A group of ours that is left over is a success.
  ///
  /// Never blocks. Until `FinishGroup` nothing else is sent to the group: neither the destroy
  /// that the end of an earlier room of this id calls for, nor a notice.
  ///
  /// @param deadline  of all tries together.
  /// @param done  called exactly once: before this returns, or later from another thread, where
  ///              it may wait for a commit of the store. A failure does not prove that there is
  ///              no group: the answer may have been lost.
  /// @errors kRoomExists when the id belongs to somebody else; kUnavailable for the rest.
  /// @source protocol F.2, D.7.
  virtual void MakeGroup(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                         Done done) = 0;

  /// Ends what `MakeGroup` began: to be called once for each, after its `done` was called with
  /// whatever outcome. The group of an abandoned generated id is destroyed in the background,
  /// unless a room of that id is stored after all, or `done` has told that the group is somebody
  /// else's. One of a named id is left alone, since the next create of that id finds it as ours.
  /// Does not block, but for a commit of the store.
  virtual void FinishGroup(const RoomId& room_id, GroupFate fate) = 0;
};

}  // namespace rtcroom
