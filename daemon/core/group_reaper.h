// Ends created groups that have been empty for too long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/cluster.h"
#include "daemon/core/created_groups.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/room_service.h"

namespace rtcroom {

/// Each node looks which groups its own clients are in, and tells the others; the node with the
/// duty ends those that nobody is in anywhere.
///
/// @threads for one thread.
class GroupReaper {
 public:
  static constexpr std::size_t kMostPerSweep = 500;

  /// All of it outlives the reaper.
  struct Deps {
    RoomService& rooms;
    CreatedGroups& groups;
    Cluster& cluster;
    /// Ends groups only while it holds `Duty::kReaper`; null: always.
    const NodeLease* node = nullptr;
    Logger& logger;
    /// Whether somebody is in the group of that room at this node. Quick.
    std::function<bool(std::uint64_t room_number)> is_used;
  };
  explicit GroupReaper(Deps deps) : deps_(std::move(deps)) {}

  /// Looks at all groups, ten times in `CreatedGroups::idle`; nothing in between.
  void Sweep(MonotonicTime now);

 private:
  /// @return those of the groups that were empty at all nodes.
  std::vector<InactiveRoom> IdleEverywhere(std::vector<InactiveRoom> groups);

  const Deps deps_;
  MonotonicTime next_{};
};

}  // namespace rtcroom
