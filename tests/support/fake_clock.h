// A clock that moves when a test says so.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "daemon/base/clock.h"

namespace rtcroom {

/// 2023-11-14T22:13:20Z, the instant of most vectors of the protocol.
inline constexpr TimePoint kNoon{std::chrono::seconds(1'700'000'000)};
inline constexpr TimePoint kLater = kNoon + std::chrono::seconds(5);

/// @threads safe from any thread.
class FakeClock : public Clock {
 public:
  explicit FakeClock(TimePoint now = kNoon) : now_(now.time_since_epoch().count()) {}

  [[nodiscard]] TimePoint Now() const override {
    return TimePoint(std::chrono::milliseconds(now_.load()));
  }
  [[nodiscard]] MonotonicTime Monotonic() const override {
    const std::int64_t read = monotonic_.load();
    if (standstill_ != 0) monotonic_ += standstill_.exchange(0);
    return MonotonicTime(std::chrono::milliseconds(read));
  }

  /// Time passes: both clocks move.
  void Advance(std::chrono::milliseconds by) {
    now_ += by.count();
    monotonic_ += by.count();
  }
  /// The process is stopped for so long right after it has read the monotonic clock once more.
  void StandStillAfterNextReading(std::chrono::milliseconds duration) {
    standstill_ = duration.count();
  }
  /// Somebody sets the wall clock: the monotonic one goes on as before.
  void JumpWallClock(std::chrono::milliseconds by) { now_ += by.count(); }

 private:
  // Milliseconds. What is added by two threads at once must not be lost.
  std::atomic<std::int64_t> now_;
  mutable std::atomic<std::int64_t> monotonic_{
      std::chrono::milliseconds(std::chrono::hours(1)).count()};
  mutable std::atomic<std::int64_t> standstill_{0};
};

}  // namespace rtcroom
