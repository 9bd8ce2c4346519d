// Removes viewers of whom there is no sign, and adds those again that return.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/cluster.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/room_store.h"
#include "daemon/core/viewer_leases.h"

namespace rtcroom {

/// Whether a user is seen to watch a room at this node: by a socket or a poll of the message
/// channel, or by a session that plays. Quick, and safe from any thread.
using ViewerPresence =
    std::function<bool(const RoomKey& room, std::uint64_t room_number, const UserId& user_id)>;

struct ViewerReaperOptions {
  RoomPolicy policy{};
  std::size_t batch = 500;  ///< changes that share one commit
  /// Leases that are looked at; bounds the time of a sweep.
  std::size_t most_per_sweep = 50'000;
  /// A sweep begins nothing new after that.
  std::chrono::milliseconds longest_sweep{1000};
  /// Viewers are removed only while it holds that duty, and all nodes have leases of viewers; null:
  /// always. Outlives the reaper.
  const NodeLease* node = nullptr;
};

/// The result of one sweep.
struct ViewerSweep {
  std::size_t removed = 0;
  std::size_t returned = 0;
  std::size_t failed = 0;  ///< changes that the store did not write
};

/// Each node sweeps, since each finds the present among its own clients; the node with the duty
/// removes the others.
///
/// It writes by the rules of viewers; a removal is checked again inside the store's atomic step, so
/// a viewer of whom a sign came, or that left or joined again in between, stays.
///
/// @threads for one thread.
class ViewerReaper {
 public:
  /// All of it outlives the reaper.
  struct Deps {
    RoomStore& store;
    ViewerLeases& viewers;
    Cluster& cluster;
    const Clock& clock;  ///< dates the changes, too
    Logger& logger;
    ViewerPresence is_present;
  };
  ViewerReaper(Deps deps, const ViewerReaperOptions& options)
      : deps_(std::move(deps)), options_(options) {}

  /// One round, bounded in leases and in time.
  /// @param now  read from the clock before, at a moment without a stall.
  ViewerSweep Sweep(MonotonicTime now);

 private:
  void BringBack(MonotonicTime until, ViewerSweep& outcome);
  void AddAgain(std::span<const LapsedViewer> wanted, ViewerSweep& outcome);
  /// @return how many leases were looked at.
  std::size_t LookAt(MonotonicTime now, ViewerSweep& outcome);
  /// The leases that were silent at all nodes; the others stay for half a timeout or more.
  std::vector<LapsedLease> SilentEverywhere(std::vector<LapsedLease> leases);
  void Remove(std::span<const LapsedLease> leases, ViewerSweep& outcome);
  [[nodiscard]] bool Removes() const;
  Result<RoomChange> RemoveIfStillLapsed(const Room* stored, const LapsedLease& lease,
                                         TimePoint now) const;
  Result<RoomChange> Return(const Room* stored, const LapsedViewer& viewer, TimePoint now) const;

  const Deps deps_;
  const ViewerReaperOptions options_;
};

}  // namespace rtcroom
