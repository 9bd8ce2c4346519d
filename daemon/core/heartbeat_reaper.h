// Evicts pushers without heartbeats and ends rooms that no member joined.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/cluster.h"
#include "daemon/core/inactive_rooms.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/member_media.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/room_service.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// The result of one sweep.
struct SweepOutcome {
  MonotonicTime begun{};  ///< a moment without a stall
  ExpiryOutcome expiry{};
  bool behind = false;  ///< expired leases were left for the next sweep
  /// How long the longest overdue lease had been expired when the sweep began.
  std::chrono::milliseconds lag{0};
  /// The cluster could not decide about some members: they and all leases behind them are left for
  /// the next sweep.
  bool undecided = false;
};

struct ReaperOptions {
  LivenessRules rules{};
  std::chrono::milliseconds sweep_period{5000};
  std::size_t batch = 500;  ///< evictions that share one commit
  /// Evictions; bounds the time that one sweep takes from requests. Members that stay do not count.
  std::size_t most_per_sweep = 50'000;
  /// Sweeps only while it holds that duty; null: always. Outlives the reaper.
  const NodeLease* node = nullptr;
  /// Called on the sweeping thread after each sweep.
  std::function<void(const SweepOutcome&)> on_sweep = [](const SweepOutcome&) {};
  /// Called when the process was stalled, and all pushers got a full lease again.
  std::function<void()> on_stall = [] {};
};

/// The streams that help to judge members; both outlive the reaper.
struct StreamWitness {
  const MediaView& media;
  const StreamClaims& claims;
};

/// The media that helps to judge members; all of it outlives the reaper.
struct MediaWitness {
  std::optional<StreamWitness> streams{};
  /// Asked first; null: none.
  const MemberMedia* members = nullptr;

  /// nullopt: it has no stream that could be seen.
  [[nodiscard]] std::optional<MediaState> StateOf(const RoomKey& room, const UserId& user_id) const;
};

/// Processes the expired leases, longest overdue first, and never scans all rooms. A member whose
/// stream keeps it is looked at again after one more timeout, and as soon as its stream has been
/// off for the grace.
///
/// A member that was silent here may have sent heartbeats to another node, and its media may have
/// been reported there: the cluster is asked before an eviction, and without its reply none is
/// made.
///
/// It uses `RoomService` like other clients: an eviction is checked again inside the store's atomic
/// step, so a member that sent a heartbeat, left or rejoined in between is not evicted.
///
/// @threads for one thread.
/// @source protocol F.4.
class HeartbeatReaper {
 public:
  HeartbeatReaper(RoomService& rooms, LeaseTable& leases, InactiveRooms& inactive, Cluster& cluster,
                  const Clock& clock, ReaperOptions options, Logger& logger,
                  const MediaWitness& media = {});

  /// How often to call `Tick`.
  [[nodiscard]] std::chrono::milliseconds TickPeriod() const;

  /// Sweeps when a sweep period has passed since the last. If the last tick is so long ago that the
  /// process itself must have been stalled (stopped, swapped out, suspended), all members get one
  /// full timeout instead: no heartbeat could reach the server. The same applies when a sweep took
  /// longer than its period: its cause (a stop, a disk that hangs) delayed heartbeats, too.
  void Tick();

  /// One round of evictions of leases due by `now`, bounded in evictions and in time (half a sweep
  /// period).
  /// @param now  read from the clock before, at a moment without a stall.
  SweepOutcome Sweep(MonotonicTime now);

 private:
  enum class Whom : std::uint8_t {
    kSilent,  ///< members that are silent everywhere
    kAll,     ///< members that send heartbeats, too
  };
  /// Asks the cluster about members that may have to leave.
  /// @return those of whom enough is known; renews the leases of those that another node heard.
  std::vector<LapsedLease> AskCluster(std::vector<LapsedLease> leases, Whom whom,
                                      SweepOutcome& outcome);
  /// Evicts those whose media is off.
  void SweepMedia(MonotonicTime now, SweepOutcome& outcome);
  void LogKept(const LapsedLease& lease) const;
  /// The leases of at most `most_per_sweep` members whose media is off, by this node or by the one
  /// with the newest sign; each once.
  [[nodiscard]] std::vector<LapsedLease> LeasesWithMediaOff(MonotonicTime now) const;
  /// The state by what this node knows, and what the cluster has answered. nullopt: the member has
  /// no media that could be seen.
  [[nodiscard]] std::optional<MediaState> MediaOf(const LapsedLease& lease) const;
  [[nodiscard]] std::optional<MediaState> MediaHereOf(const LapsedLease& lease) const;
  /// Defers the leases of members that stay.
  /// @return the evictions.
  std::vector<Eviction> JudgeAll(std::vector<LapsedLease> leases);
  [[nodiscard]] std::optional<LeaveReason> JudgeOne(const LapsedLease& lease) const;
  ExpiryOutcome Evict(std::span<const Eviction> evictions);
  /// Ends rooms that no member joined, one batch.
  void SweepInactive(MonotonicTime now);
  void GraceAfterStall(MonotonicTime::duration stalled_for);
  void ReportBacklog(const SweepOutcome& outcome);

  RoomService& rooms_;
  LeaseTable& leases_;
  InactiveRooms& inactive_;
  Cluster& cluster_;
  const Clock& clock_;
  const ReaperOptions options_;
  /// The cluster's answers about the members that are being judged.
  std::map<SeatKey, SharedSilence> answers_{};
  Logger& logger_;
  const MediaWitness media_;
  MonotonicTime last_tick_;
  MonotonicTime last_sweep_;
  bool behind_logged_ = false;
  bool cluster_answers_ = true;
};

}  // namespace rtcroom
