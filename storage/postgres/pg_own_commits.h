// The commits of this process that the log has not told of yet.
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

/// A commit waits only for the disk of the primary. It counts when the follower has heard of it:
/// what that hears is on the synchronous standby, too, if there is one.
///
/// @threads safe from any thread.
class PgOwnCommits {
 public:
  enum class Fate : std::uint8_t {
    kOpen,
    kHeard,
    kLost,  ///< the server that has committed it is not the one that everybody follows
  };
  /// Only `PgOwnCommits` looks into it.
  struct Commit {
    const std::int64_t tag = 0;
    const std::int64_t rooms = 0;
    const MonotonicTime since{};
    std::uint64_t number = 0;  ///< among those that were answered, from 1; 0: not answered yet
    Fate fate = Fate::kOpen;
  };
  using Handle = std::shared_ptr<Commit>;

  // For the writer.

  /// To be called before it is sent: the log may tell of it before the answer comes.
  /// @param tag    of its records; unique.
  /// @param rooms  by how many it changes their number.
  Handle Expect(std::int64_t tag, std::int64_t rooms, MonotonicTime now) EXCLUDES(mutex_);
  /// It is committed.
  void Answer(const Handle& commit) EXCLUDES(mutex_);
  /// It is not, or that is unknown.
  void Forget(const Handle& commit) EXCLUDES(mutex_);
  /// Waits until none that is open has begun before that time.
  /// @return false at the deadline.
  bool AwaitSince(MonotonicTime time, MonotonicTime deadline) EXCLUDES(mutex_);
  /// Since when the oldest one has been open.
  [[nodiscard]] std::optional<MonotonicTime> oldest() const EXCLUDES(mutex_);
  /// By how many rooms those that are open change their number.
  [[nodiscard]] std::int64_t rooms() const EXCLUDES(mutex_);
  /// Whether one was lost since the last call.
  bool TakeLost() EXCLUDES(mutex_);

  // For the follower.

  /// Number of the newest one that was answered.
  [[nodiscard]] std::uint64_t answered() const EXCLUDES(mutex_);
  /// The log tells of commits with these tags, by whomever.
  void Hear(std::span<const std::int64_t> tags) EXCLUDES(mutex_);
  /// A read has come to the end of the log that began when those up to that number were answered:
  /// where it did not tell of one of them, it is lost.
  void EndRead(std::uint64_t answered) EXCLUDES(mutex_);

  // For those whose changes it has.

  /// Returns when the log has told of it.
  /// @errors kStoreBusy when it is lost; kOutcomeUnknown at the deadline.
  Status Await(const Handle& commit, MonotonicTime deadline) EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Handle> open_ GUARDED_BY(mutex_);  ///< in the order of `since`
  std::uint64_t answered_ GUARDED_BY(mutex_) = 0;
  bool has_lost_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
