// The time by which stored data ages.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "daemon/base/clock.h"

namespace rtcroom {

/// The times in a store from which a removal clock begins.
struct StoredRemovalTime {
  std::optional<TimePoint> mark{};    ///< mark of the last removal; nullopt: none was made
  std::optional<TimePoint> newest{};  ///< the latest date of what is stored; nullopt: nothing is
};

/// Follows the wall clock without trusting it: a round moves it towards that clock, by at most
/// twice the time that has passed since the round before by the monotonic clock. A wall clock that
/// is wrong for seconds therefore moves it by seconds, and time in which no process ran delays
/// removals.
///
/// Code that removes old data compares its dates with this time, and stores the time as a mark in
/// the same transaction: the next process continues from there. The first start of a store stores a
/// mark, too.
///
/// @threads `Now` is safe from any thread; the rest for one thread at a time.
class RemovalClock {
 public:
  explicit RemovalClock(const Clock& clock) : clock_(clock) {}

  /// Continues from the mark; without one, from the latest date of what is stored, but not after
  /// the wall clock. Call it before everything else.
  void Begin(const StoredRemovalTime& stored);
  /// Another process has removed by that time.
  void CatchUp(TimePoint mark);

  /// Call it every few seconds. `Begin` counts as a round that moves nothing.
  /// @return by how much the wall clock was set since the round before, if by more than a minute,
  ///         else 0; negative: back.
  std::chrono::milliseconds Round();
  /// The wall clock is known to be wrong. The next round moves nothing.
  void Pause() { previous_.reset(); }

  /// The time by this clock; before `Begin` the earliest time there is.
  [[nodiscard]] TimePoint Now() const { return TimePoint(std::chrono::milliseconds(now_ms_)); }

 private:
  void Set(TimePoint time) { now_ms_ = time.time_since_epoch().count(); }

  const Clock& clock_;
  struct Moment {
    TimePoint wall{};
    MonotonicTime monotonic{};
  };
  [[nodiscard]] Moment ReadClocks() const {
    return {.wall = clock_.Now(), .monotonic = clock_.Monotonic()};
  }

  std::optional<Moment> previous_{};  ///< round
  std::atomic<TimePoint::rep> now_ms_{TimePoint::min().time_since_epoch().count()};
};

/// Dates what is stored: the wall clock, but never behind the removal clock, so that nothing is
/// removed before its whole retention has passed.
///
/// @threads safe from any thread.
class DatingClock : public Clock {
 public:
  /// Both must outlive this.
  DatingClock(const Clock& clock, const RemovalClock& removal) : clock_(clock), removal_(removal) {}

  [[nodiscard]] TimePoint Now() const override;
  [[nodiscard]] MonotonicTime Monotonic() const override { return clock_.Monotonic(); }

 private:
  const Clock& clock_;
  const RemovalClock& removal_;
};

}  // namespace rtcroom
