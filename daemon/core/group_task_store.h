// Persistent tasks for IM groups that no event implies.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The numbers are stored: never reuse one.
enum class GroupTaskKind : std::uint8_t {
  /// The group of a room with a generated id is being created. One that is left over at a start has
  /// no room: destroy the group.
  kMaking = 1,
  kCreate = 2,   ///< the room is stored, its group is not created yet
  kDestroy = 3,  ///< no room was stored: destroy the group
};

/// A group's id is the room's id: there is at most one task for it.
struct GroupTask {
  RoomId group{};
  GroupTaskKind kind = GroupTaskKind::kMaking;

  bool operator==(const GroupTask&) const = default;
};

/// The new state of the group's task, written together with a change of a room.
struct GroupTaskChange {
  RoomId group{};
  std::optional<GroupTaskKind> to{};  ///< nullopt: the task is done
};

/// As durable as the store of rooms. A task that changes with a room is written by
/// `Store::UpdateAll` (see `RoomChange::group_task`).
///
/// @threads every method is safe from any thread.
/// @source protocol F.2.
class GroupTaskStore {
 public:
  virtual ~GroupTaskStore() = default;

  /// Ordered by group id.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<GroupTask>> LoadGroupTasks() = 0;

  /// Replaces the task of the same group.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status PutGroupTask(const GroupTask& task) = 0;

  /// Succeeds also when there is no task.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveGroupTask(const RoomId& group) = 0;
};

}  // namespace rtcroom
