// The nodes that share a PostgreSQL database, their heartbeats and their duties.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/cluster.h"
#include "daemon/core/node_lease.h"
#include "storage/postgres/pg_beats.h"
#include "storage/postgres/pg_claims.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_duties.h"
#include "storage/postgres/pg_nodes.h"
#include "storage/postgres/pg_reader_pool.h"

namespace rtcroom {

/// Nodes report ages, and the database's clock dates them. A pusher is silent once every node has
/// reported its heartbeats up to a timeout after the pusher's last one. A node that does not report
/// is waited for until it is declared gone: its rounds stood still for longer than its own
/// `NodeLease` lasts. Then, and whenever heartbeats may be missing, the floor moves: all
/// pushers have a timeout from that moment on.
///
/// Signs of the media of pushers are reported, dated and removed with the heartbeats; the newest
/// one counts.
///
/// A renewal is a small transaction; heartbeats follow it on the same connection (`PgBeats`), so
/// that they are never written to a database whose heartbeats were lost unnoticed.
///
/// @threads `Renew`, `Report` and `Leave` one thread at a time, on a connection of their own. The
/// others are
///          safe from any thread: claims of groups share a second connection, what asks about
///          heartbeats a third one. Owns threads, which connect them, and write the claims.
class PgCluster : public Cluster {
 public:
  struct Options {
    std::uint64_t node = 0;  ///< `PgOptions::node`
    std::string name = {};   ///< name for operators
    /// Bounds a call; a claim that waits for others may take twice as long.
    std::chrono::milliseconds patience = std::chrono::seconds(2);
    PgPace pace{};  ///< pace of the others; its observer receives the first one, too
    /// A node is declared gone that long after its lease must have ended.
    std::chrono::milliseconds slack = std::chrono::seconds(1);
    /// Position of the newest record that this process has applied: the log is kept from there on.
    std::function<std::uint64_t()> applied = [] { return std::uint64_t{0}; };
    /// The report of a node that is gone stays for that long: it may come back.
    std::chrono::milliseconds keeps_left_reports = std::chrono::minutes(10);
    /// The check of hosts that are asked about heartbeats and nodes (`PgReaderPool::Options`).
    PgHostCheck holds = {};

    [[nodiscard]] PgReaderPool::Options OfReads(std::span<const PgStatement> statements) const {
      return {.patience = patience, .pace = pace, .statements = statements, .holds = holds};
    }
  };

  /// Reports are by so many rounds older than what a node knows of itself. When the clock of the
  /// database is set, each node seems to be the only one with a wrong clock for that long.
  static constexpr int kReportsLag = 3;

  /// The schema exists. The other arguments must outlive this.
  /// @param lease  of this node; renewed with every success of `Renew`.
  PgCluster(const PgAddress& address, const Options& options, NodeLease& lease, const Clock& clock);

  /// All that it runs.
  static std::vector<PgStatement> Statements();

  void SetConfigHash(const std::string& hash) override EXCLUDES(mutex_);
  Result<NodeStanding> Renew() override;
  Result<std::size_t> Report(const HeardBeats& heard, std::size_t reported) override;
  Result<std::vector<SharedSilence>> Silent(std::span<const SeatKey> lapsed,
                                            std::chrono::milliseconds timeout) override;
  Result<std::vector<NamedMember>> MediaOff(std::chrono::milliseconds lasting,
                                            std::size_t limit) override;
  Result<bool> ClaimGroup(const RoomId& group, std::chrono::milliseconds lasting) override;
  Status ReleaseGroup(const RoomId& group) override;
  Result<std::size_t> RemoveLeftBeats(std::chrono::milliseconds older_than) override;
  Result<std::vector<ListedNode>> ListNodes() override;
  Status Leave() override;

 private:
  /// The database's clock minus the monotonic one lies between these.
  struct Offset {
    std::int64_t least_ms = 0;
    std::int64_t most_ms = 0;
  };
  /// Times at which all pushers are to be given a timeout. Those that were called for and those
  /// that the database knows of are counted: more may be called for while one is under way.
  struct FloorMoves {
    std::uint64_t wanted = 0;
    std::uint64_t done = 0;
  };
  /// The results of renewals that `Silent` needs.
  struct Place {
    std::string config_hash{};
    /// The hash with which it entered through the present connection; nullopt: it has not.
    std::optional<std::string> entered_with{};
    std::optional<Offset> offset{};
    FloorMoves floor{};
  };
  struct Observation {
    std::uint64_t rounds = 0;
    MonotonicTime since{};  ///< they have stood still since
  };
  struct Seen {
    std::map<std::uint64_t, std::uint64_t> rounds{};  ///< rounds by node
    /// The nodes with another configuration, with their names.
    std::map<std::uint64_t, std::string> configured_otherwise{};
    PgNodeClocks clocks{};
    std::vector<std::uint64_t> left_reports{};  ///< reports of nodes that are gone
    std::optional<PgDuties> duties{};
    bool keeps_bounds = false;
    std::optional<std::chrono::milliseconds> told_ago{};  ///< time since the reports of all of them
    /// The lowest of the newest schemas that they know.
    std::int64_t oldest_schema = std::numeric_limits<std::int64_t>::max();
  };
  /// A time by both clocks.
  struct Moment {
    MonotonicTime at{};
    TimePoint wall{};
  };

  Result<std::vector<SharedSilence>> AskSilent(PgConnection& connection, const PgCall& call,
                                               std::size_t count, std::chrono::milliseconds timeout,
                                               MonotonicTime deadline);

  [[nodiscard]] MonotonicTime Deadline() const { return clock_.Monotonic() + options_.patience; }
  [[nodiscard]] Place place() const EXCLUDES(mutex_);
  void EnteredWith(const std::optional<std::string>& config_hash) EXCLUDES(mutex_);
  void WantFloor() EXCLUDES(mutex_);
  /// The database knows of those that were called for up to then.
  void MovedFloor(std::uint64_t wanted) EXCLUDES(mutex_);

  Status Enter(MonotonicTime deadline);
  Result<Seen> NextRound(MonotonicTime deadline);
  /// @return up to when all of them have told; nullopt: some have told nothing yet.
  std::optional<std::int64_t> ReadNodes(PgRows& rows, const Place& place, Seen& seen) const;
  /// Whether that node is known to be configured otherwise.
  [[nodiscard]] bool DiffersFrom(const Place& place, std::uint64_t node,
                                 const std::string& hash) const;
  Status MoveFloor(MonotonicTime deadline);
  /// @param now_ms  of the database, read between `sent` and now.
  [[nodiscard]] Offset OffsetOf(std::int64_t now_ms, MonotonicTime sent) const;
  [[nodiscard]] static bool HasJumped(const Offset& from, const Offset& to);
  /// Keeps to the clock of the database; moves the floor if that has jumped.
  Status FollowClock(std::int64_t now_ms, const Moment& sent, MonotonicTime deadline);
  [[nodiscard]] Moment Now() const { return {.at = clock_.Monotonic(), .wall = clock_.Now()}; }
  /// The nodes to give up.
  std::vector<std::uint64_t> Observe(const Seen& seen);
  Status GiveUp(const std::vector<std::uint64_t>& gone, Seen& seen, MonotonicTime deadline);
  Status ShareDuties(Seen& seen, MonotonicTime deadline);
  Status RemoveLeftReports(const Seen& seen, MonotonicTime deadline);

  const Options options_;
  NodeLease& lease_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Place place_ GUARDED_BY(mutex_);
  PgReaderPool others_;
  PgClaims claims_;
  // The thread that renews uses these.
  PgConnection connection_;
  PgBeats beats_;
  bool has_renewed_ = false;  ///< ever, and has not left since
  bool was_gone_ = false;     ///< yet to be reported
  MonotonicTime renewed_at_{};
  std::map<std::uint64_t, Observation> observed_;
  PgLeftReports left_reports_;
  int distrusted_rounds_ = 0;                 ///< rounds in a row without a trusted wall clock
  std::chrono::milliseconds clock_ahead_{0};  ///< that of `NodeStanding`, when last measured
};

}  // namespace rtcroom
