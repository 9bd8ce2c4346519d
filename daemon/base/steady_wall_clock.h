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
  /// The earlier of this clock and the wall clock: no jump forward of the wall clock ends early
  /// what is compared with it, and neither does a start in the future.
  [[nodiscard]] TimePoint Earlier() const { return std::min(clock_.Now(), Now()); }

 private:
  const Clock& clock_;
  const TimePoint began_at_;
  const MonotonicTime began_;
};

}  // namespace rtcroom
