// The nodes that share a PostgreSQL database: who is alive, who was heard, whose work is whose.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/cluster.h"
#include "daemon/core/node_lease.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

/// Nodes send ages, and the database's clock dates them. A pusher is silent once every node has
/// told what it heard until a timeout after the pusher's last heartbeat. A node that does not tell
/// is waited for until it is given up: others have seen its rounds stand still for longer than its
/// own `NodeLease` lasts. Then, and whenever heartbeats may be missing, the floor moves: all
/// pushers have a timeout from that moment on.
///
/// @threads one thread at a time.
class PgCluster : public Cluster {
 public:
  struct Options {
    std::uint64_t node = 0;                                        ///< as of `PgOptions`
    std::chrono::milliseconds patience = std::chrono::seconds(2);  ///< bounds a call
    /// A node is given up that long after its lease must have ended.
    std::chrono::milliseconds slack = std::chrono::seconds(1);
  };

  /// The schema exists. The other arguments must outlive this.
  /// @param lease  of this node; renewed with every success of `Renew`.
  PgCluster(const PgAddress& address, const Options& options, NodeLease& lease, const Clock& clock);

  Result<NodeStanding> Renew(const HeardBeats& heard) override;
  Result<std::vector<SharedSilence>> Silent(std::span<const SeatKey> lapsed,
                                            std::chrono::milliseconds timeout) override;
  Result<bool> ClaimGroup(const RoomId& group, std::chrono::milliseconds lasting) override;
  Status ReleaseGroup(const RoomId& group) override;
  Status Leave(const HeardBeats& heard) override;

 private:
  /// The database's clock minus the monotonic one lies between these.
  struct Offset {
    std::int64_t least_ms = 0;
    std::int64_t most_ms = 0;
  };
  struct Observation {
    std::uint64_t rounds = 0;
    MonotonicTime since{};  ///< they have stood still since
  };
  struct DutyRow {
    std::optional<std::uint64_t> node{};
    std::uint64_t term = 0;
  };
  struct Seen {
    std::map<std::uint64_t, std::uint64_t> rounds{};  ///< by node
    std::array<DutyRow, kDuties> duties{};
  };

  [[nodiscard]] MonotonicTime Deadline() const { return clock_.Monotonic() + options_.patience; }
  Status Enter(MonotonicTime deadline);
  Result<Seen> Tell(const HeardBeats& heard, MonotonicTime deadline);
  [[nodiscard]] std::vector<PgCall> TellCalls(const HeardBeats& heard) const;
  Status MoveFloor(MonotonicTime deadline);
  /// @return false when the clock of the database has jumped.
  bool CompareClocks(std::int64_t now_ms, MonotonicTime sent);
  /// The nodes to give up.
  std::vector<std::uint64_t> Observe(const Seen& seen);
  Status GiveUp(const std::vector<std::uint64_t>& gone, Seen& seen, MonotonicTime deadline);
  Status ClaimDuties(Seen& seen, MonotonicTime deadline);

  const Options options_;
  NodeLease& lease_;
  const Clock& clock_;
  PgConnection connection_;
  bool has_entered_ = false;      ///< ever
  bool has_renewed_ = false;      ///< ever
  bool moves_floor_ = false;      ///< with the next transaction
  bool was_gone_ = false;         ///< not yet reported
  std::optional<Offset> offset_;  ///< of the server of this connection
  MonotonicTime renewed_at_{};
  std::map<std::uint64_t, Observation> observed_;
};

}  // namespace rtcroom
