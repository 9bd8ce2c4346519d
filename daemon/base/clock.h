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

/// The steady clock when `clock` will show `time`: waits use the steady clock even where `clock` is
/// a test clock.
inline MonotonicTime ToSteadyTime(MonotonicTime time, const Clock& clock) {
  return std::chrono::steady_clock::now() + (time - clock.Monotonic());
}

}  // namespace rtcroom
