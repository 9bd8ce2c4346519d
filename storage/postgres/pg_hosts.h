// The order in which the hosts of a database are tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// As a connection string names it; what it leaves out is empty.
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
  explicit PgHosts(std::vector<PgHost> hosts) : hosts_(std::move(hosts)) {}

  /// All of them, the one to begin with first.
  [[nodiscard]] std::vector<PgHost> InOrder() const;

  /// @param place  in the last `InOrder`.
  void Worked(std::size_t place);
  /// The first one, or all of them.
  void Failed() { Worked(1); }
  /// The next one to try is that.
  void BeginWith(const PgHost& host);

 private:
  std::vector<PgHost> hosts_;
  std::size_t first_ = 0;
};

/// Which host has confirmed a commit last, to any connection of a process
/// (`PgConnection::RunConfirming`). An old primary that
/// lives on alone answers reads for ever, with what was there before: whoever reads from it learns
/// here that it has been replaced.
///
/// @threads safe from any thread.
class PgPrimary {
 public:
  void Confirmed(const PgHost& host) EXCLUDES(mutex_);
  /// Increases with each confirmation.
  [[nodiscard]] std::uint64_t confirmations() const EXCLUDES(mutex_);
  /// Another host that has confirmed a commit since then; nullopt when the last one was that host.
  [[nodiscard]] std::optional<PgHost> Other(const PgHost& host, std::uint64_t since) const
      EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  PgHost host_ GUARDED_BY(mutex_);
  std::uint64_t confirmations_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rtcroom
