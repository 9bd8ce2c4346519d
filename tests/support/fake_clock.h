// A clock that moves when a test says so.
#pragma once

#include <atomic>
#include <chrono>

#include "daemon/core/clock.h"

namespace rtcroom {

/// 2023-11-14T22:13:20Z, the instant of most vectors of the protocol.
inline constexpr TimePoint kNoon{std::chrono::seconds(1'700'000'000)};

/// @threads safe from any thread.
class FakeClock : public Clock {
 public:
  explicit FakeClock(TimePoint now = kNoon) : now_(now) {}

  [[nodiscard]] TimePoint Now() const override { return now_.load(); }
  [[nodiscard]] MonotonicTime Monotonic() const override { return monotonic_.load(); }

  /// Time passes: both clocks move.
  void Advance(std::chrono::milliseconds by) {
    now_ = now_.load() + by;
    monotonic_ = monotonic_.load() + by;
  }
  /// Somebody sets the wall clock: the monotonic one goes on as before.
  void JumpWallClock(std::chrono::milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<TimePoint> now_;
  std::atomic<MonotonicTime> monotonic_{MonotonicTime(std::chrono::hours(1))};
};

}  // namespace rtcroom
