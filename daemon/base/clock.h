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

}  // namespace rtcroom
