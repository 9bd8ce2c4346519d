// A wall clock that ignores clock changes.
#pragma once

#include <algorithm>
#include <chrono>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Starts at the wall clock's time and advances with the monotonic clock: for times that are
/// stored, and compared while the process runs.
///
/// @threads immutable: safe from any thread.
class SteadyWallClock {
 public:
  explicit SteadyWallClock(const Clock& clock)
      : clock_(clock), began_at_(clock.Now()), began_(clock.Monotonic()) {}

  [[nodiscard]] TimePoint Now() const {
    return began_at_ + std::chrono::floor<std::chrono::milliseconds>(clock_.Monotonic() - began_);
  }
  /// By how much the wall clock was set forward since the start; negative: back.
  [[nodiscard]] std::chrono::milliseconds WallIsAhead() const { return clock_.Now() - Now(); }
  /// Whether something has ended: no jump of the wall clock ends it early, and where this clock
  /// began in the future, it lasts until the wall clock says so.
  [[nodiscard]] TimePoint Earlier() const { return std::min(clock_.Now(), Now()); }

 private:
  const Clock& clock_;
  const TimePoint began_at_;
  const MonotonicTime began_;
};

}  // namespace rtcroom
