// The wall clock as if nobody ever set it.
#pragma once

#include <chrono>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Begins at the wall clock's time and goes on with the monotonic clock: for times that are stored,
/// and compared while the process lives.
///
/// @threads immutable: safe from any thread.
class SteadyWallClock {
 public:
  explicit SteadyWallClock(const Clock& clock)
      : clock_(clock), began_at_(clock.Now()), began_(clock.Monotonic()) {}

  [[nodiscard]] TimePoint Now() const {
    return began_at_ + std::chrono::floor<std::chrono::milliseconds>(clock_.Monotonic() - began_);
  }
  /// By how much the wall clock was set forward since the beginning; negative: back.
  [[nodiscard]] std::chrono::milliseconds WallIsAhead() const { return clock_.Now() - Now(); }

 private:
  const Clock& clock_;
  const TimePoint began_at_;
  const MonotonicTime began_;
};

}  // namespace rtcroom
