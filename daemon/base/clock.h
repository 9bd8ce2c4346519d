// The only source of time.
#pragma once

#include <chrono>

namespace rtcroom {

/// UTC, in milliseconds: for what is stored or signed.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
/// Never jumps: for leases, waits and deadlines.
using MonotonicTime = std::chrono::steady_clock::time_point;

/// @threads implementations are safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint Now() const = 0;
  [[nodiscard]] virtual MonotonicTime Monotonic() const = 0;
};

/// The time for waits of threads, which end by the system's clock even where a test has another.
inline MonotonicTime RealTime() { return std::chrono::steady_clock::now(); }

/// `RealTime` when `clock` will show `time`.
inline MonotonicTime ToRealTime(MonotonicTime time, const Clock& clock) {
  return RealTime() + (time - clock.Monotonic());
}

}  // namespace rtcroom
