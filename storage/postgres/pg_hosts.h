// The order in which the hosts of a database are tried.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/store_replication.h"

namespace rtcroom {

/// A host as a connection string names it; what that leaves out is empty.
struct PgHost {
  std::string name = {};
  std::string address = {};
  std::string port = {};
  bool operator==(const PgHost&) const = default;
};

/// Begins with the host that worked last, after a failure with the next. Always to begin with the
/// first one, as libpq does, would lead for ever to an old primary that lives on alone: it accepts
/// connections, and confirms nothing.
///
/// @threads one thread at a time.
class PgHosts {
 public:
  explicit PgHosts(std::vector<PgHost> hosts)
      : hosts_(std::move(hosts)), tried_at_(hosts_.size()) {}

  /// All of them, the one to begin with first.
  [[nodiscard]] std::vector<PgHost> InOrder() const;

  /// @param place  in the last `InOrder`.
  void Worked(std::size_t place);
  /// The first one, or all of them.
  void Failed() { Worked(1); }
  /// The next one to try is that.
  void BeginWith(const PgHost& host);

  /// @param place  in the last `InOrder`.
  void Tried(std::size_t place, MonotonicTime at);
  /// The time of the last try of the one to begin with; nullopt: none.
  [[nodiscard]] std::optional<MonotonicTime> first_tried_at() const;

 private:
  std::vector<PgHost> hosts_;
  std::vector<std::optional<MonotonicTime>> tried_at_;  ///< time of the last try of each
  std::size_t first_ = 0;
};

/// A host that one connection of a process reports to the others.
///
/// @threads safe from any thread.
class PgReportedHost {
 public:
  void Report(const PgHost& host) EXCLUDES(mutex_);
  /// Increases with each report.
  [[nodiscard]] std::uint64_t reports() const EXCLUDES(mutex_);
  /// Another host that was reported since then; nullopt when the last one was that host.
  [[nodiscard]] std::optional<PgHost> Other(const PgHost& host, std::uint64_t since) const
      EXCLUDES(mutex_);
  /// The last that was reported; nullopt: none was.
  [[nodiscard]] std::optional<PgHost> last() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  PgHost host_ GUARDED_BY(mutex_);
  std::uint64_t reports_ GUARDED_BY(mutex_) = 0;
};

/// The hosts that the connections of a process to one address share.
struct PgSharedHosts {
  void Confirmed(const PgHost& host);
  /// @param next  with which that connection goes on.
  void Left(const PgHost& next);

  /// The last that took a connection: the other connections begin with it.
  PgReportedHost reached{};
  /// The last that confirmed a commit (`PgConnection::RunConfirming`). An old primary that lives on
  /// alone answers reads for ever, with old rows: its readers find here that it has been replaced.
  PgReportedHost primary{};
  /// The host with which the next address begins that the process parses. It is the last that
  /// confirmed a commit, or after a connection that was lost the next one. May be null.
  PgReportedHost* known = nullptr;
  /// A commit was not confirmed in time since it was asked why (`PgReplication`) ...
  std::atomic<bool> is_late = false;
  /// ... and the last answer.
  std::atomic<StandbyWait> standby_wait = StandbyWait::kNone;
};

}  // namespace rtcroom
