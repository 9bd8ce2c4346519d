// Where it is kept what is to be done about groups of the IM service and no event tells of.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The numbers are stored: never reuse one.
enum class GroupTaskKind : std::uint8_t {
  /// The group of a room with a generated id is being made. Left over at a start, no room came
  /// of it: it is to be destroyed.
  kMaking = 1,
  kCreate = 2,   ///< the room is there, and its group is still to be made
  kDestroy = 3,  ///< no room came of it
};

/// A group's id is the room's: there is at most one task for it.
struct GroupTask {
  RoomId group{};
  GroupTaskKind kind = GroupTaskKind::kMaking;

  bool operator==(const GroupTask&) const = default;
};

/// What a change of a room makes of its group's task, in the same write.
struct GroupTaskChange {
  RoomId group{};
  std::optional<GroupTaskKind> to{};  ///< nothing: the task is done
};

/// Survives what the store of rooms survives. A task that changes with a room is written by
/// `Store::UpdateAll` (see `RoomChange::group_task`).
///
/// @threads every method is safe from any thread.
/// @source protocol F.2.
class GroupTaskStore {
 public:
  virtual ~GroupTaskStore() = default;

  /// In the order of the groups' ids.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<GroupTask>> LoadGroupTasks() = 0;

  /// Replaces the task of the same group.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status PutGroupTask(const GroupTask& task) = 0;

  /// Whether there was one does not matter.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveGroupTask(const RoomId& group) = 0;
};

}  // namespace rtcroom
