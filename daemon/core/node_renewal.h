// Keeps a node registered among those that share its store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/core/cluster.h"
#include "daemon/core/created_groups.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/media_signs.h"
#include "daemon/core/node_lease.h"

namespace rtcroom {

/// A node whose clock differs more from the database's does not start by itself.
/// docs/channel.md 4 and docs/operators-guide.md give this number to clients and operators.
inline constexpr std::chrono::minutes kMostClockDifferenceAtStart{10};

/// Whether its clock lets a node start. One that is far from the database's would sign and check
/// tickets by it, and date what it stores. A node that runs already goes on: its clients are better
/// served than sent away.
///
/// @errors kStoreBusy, with one sentence for the operator: the clock may be set meanwhile.
Status CheckStartClock(const NodeStanding& standing);

/// Renews this node, then reports the heartbeats of its leases, the uses of created groups and the
/// signs of media that it has, and logs changes of its standing.
/// The next rounds report what one has no time for: when the database cannot keep up, evictions
/// come late, and the node is not cut off.
///
/// @threads `CheckContact` and `ShareMedia` from any thread, the rest for one thread at a time.
class NodeRenewal {
 public:
  /// How often to call `Renew`.
  static constexpr std::chrono::milliseconds kPeriod{1000};
  /// A node that is cut off for less still serves: a fail-over of the database cuts off all of
  /// them, and each answers for itself meanwhile.
  static constexpr std::chrono::seconds kServesWithout{60};

  /// All of it must outlive this.
  /// @param viewers  null: their leases are not reported.
  /// @param groups   null: uses of them are not reported.
  NodeRenewal(Cluster& cluster, NodeLease& lease, LeaseTable& leases, Logger& logger,
              LeaseTable* viewers = nullptr, CreatedGroups* groups = nullptr)
      : cluster_(cluster),
        lease_(lease),
        leases_(leases),
        viewers_(viewers),
        groups_(groups),
        logger_(logger) {}

  /// The first renewal; bounded in time.
  /// @param with_wrong_clock  skips `CheckStartClock`, after whose error nothing is logged: `Leave`
  ///                          the place.
  /// @errors those of `Cluster::Renew`, `Cluster::Report` and `CheckStartClock`.
  Status Begin(bool with_wrong_clock);
  /// A later one.
  /// @errors those of `Cluster::Renew` and `Cluster::Report`.
  Status Renew();

  /// The signs of media are reported from now on. It must outlive this.
  void ShareMedia(SeatSigns& signs) { signs_ = &signs; }

  /// Whether the node is not cut off, or for less than that.
  /// @errors kUnavailable, with the reason.
  [[nodiscard]] Status CheckContact(std::chrono::seconds without) const;

  /// How long the last heartbeats may take to be reported.
  static constexpr std::chrono::seconds kLeaving{2};

  /// Reports the last heartbeats and unregisters the node: the others do not wait for it. After a
  /// failure they do.
  void Leave();

 private:
  [[nodiscard]] HeardBeats Collect();
  /// Goes on with the report until then; one call at least.
  Status Report(BootTime until);
  void LogFailure(const Error& error);
  void LogChanges(const NodeStanding& standing);
  void LogClock(const NodeStanding& standing);

  Cluster& cluster_;
  NodeLease& lease_;
  LeaseTable& leases_;
  LeaseTable* const viewers_;
  CreatedGroups* const groups_;
  Logger& logger_;
  std::atomic<SeatSigns*> signs_ = nullptr;  ///< null: none
  std::optional<HeardBeats> heard_{};        ///< whose report has begun, and not ended
  std::size_t reported_ = 0;                 ///< number of these
  MonotonicTime told_until_{};  ///< `as_of` of the last ones that were reported to the end
  NodeStanding standing_{.nodes = 0};
  bool failure_logged_ = false;
  bool cut_off_logged_ = false;
  bool unreported_logged_ = false;
};

}  // namespace rtcroom
