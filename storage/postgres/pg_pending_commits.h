// Commits of this process that the log has not confirmed yet.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// A commit waits only for the disk of the primary. It is confirmed when the follower reads it from
/// the log: the follower reads only what is on the synchronous standby, if there is one.
///
/// @threads safe from any thread.
class PgPendingCommits {
 public:
  enum class State : std::uint8_t {
    kPending,
    kConfirmed,
    kLost,  ///< it was made on another server than the one that the follower reads
  };
  /// Opaque to callers.
  struct Commit {
    const std::int64_t tag = 0;
    const std::int64_t rooms = 0;
    const MonotonicTime since{};
    std::uint64_t number = 0;  ///< counts acknowledged commits from 1; 0: not yet
    State state = State::kPending;
  };
  using Handle = std::shared_ptr<Commit>;

  // The writer calls these.

  /// Call it before the commit is sent: the log may have it before its reply arrives.
  /// @param tag    of its records; unique.
  /// @param rooms  change of the number of rooms.
  Handle Add(std::int64_t tag, std::int64_t rooms, MonotonicTime now) EXCLUDES(mutex_);
  /// The server acknowledged it.
  void MarkCommitted(const Handle& commit) EXCLUDES(mutex_);
  /// It failed, or its outcome is unknown.
  void Remove(const Handle& commit) EXCLUDES(mutex_);
  /// Waits until every commit added before `time` is confirmed, lost or removed.
  /// @return false at the deadline.
  bool AwaitAddedBefore(MonotonicTime time, MonotonicTime deadline) EXCLUDES(mutex_);
  /// The time at which the oldest pending one was added.
  [[nodiscard]] std::optional<MonotonicTime> oldest() const EXCLUDES(mutex_);
  /// Change of the number of rooms by all that are pending.
  [[nodiscard]] std::int64_t rooms() const EXCLUDES(mutex_);
  /// Whether one was lost since the last call.
  bool TakeLost() EXCLUDES(mutex_);

  // The follower calls these.

  /// Number of the newest commit that the server acknowledged.
  [[nodiscard]] std::uint64_t committed() const EXCLUDES(mutex_);
  /// Confirms the commits with these tags. Tags of other processes are ignored.
  void Confirm(std::span<const std::int64_t> tags) EXCLUDES(mutex_);
  /// Call it when a read has reached the end of the log.
  /// @param committed  `committed()` before the read began: those up to it that are still pending
  ///                   are not in the log, so they are lost.
  void EndRead(std::uint64_t committed) EXCLUDES(mutex_);

  // Callers whose changes are in the commit call these.

  /// Waits until it is confirmed.
  /// @errors kStoreBusy when it is lost; kOutcomeUnknown at the deadline.
  Status Await(const Handle& commit, MonotonicTime deadline) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Handle> pending_ GUARDED_BY(mutex_);  ///< commits in the order of `since`
  std::uint64_t committed_ GUARDED_BY(mutex_) = 0;
  bool has_lost_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
