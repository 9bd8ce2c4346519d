// A clock controlled by a test.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "daemon/base/clock.h"

namespace rtcroom {

/// 2023-11-14T22:13:20Z, the time of most vectors of the protocol.
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

  /// Advances both clocks.
  void Advance(std::chrono::milliseconds by) {
    now_ += by.count();
    monotonic_ += by.count();
  }
  /// Simulates a process that stops for `duration` right after its next reading of the monotonic
  /// clock.
  void StallAfterNextReading(std::chrono::milliseconds duration) { standstill_ = duration.count(); }
  /// Changes the wall clock only.
  void JumpWallClock(std::chrono::milliseconds by) { now_ += by.count(); }

 private:
  // In milliseconds. Concurrent additions must not be lost.
  std::atomic<std::int64_t> now_;
  mutable std::atomic<std::int64_t> monotonic_{
      std::chrono::milliseconds(std::chrono::hours(1)).count()};
  mutable std::atomic<std::int64_t> standstill_{0};
};

}  // namespace rtcroom
