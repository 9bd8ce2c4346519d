// The machine's clocks.
#pragma once

#include <chrono>
#include <ctime>

#include "daemon/base/boot_clock.h"
#include "daemon/base/clock.h"

namespace rtcroom {

/// @threads immutable: safe from any thread.
class SystemClock : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] MonotonicTime Monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

/// @threads immutable: safe from any thread.
class SystemBootClock : public BootClock {
 public:
  [[nodiscard]] BootTime SinceBoot() const override {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

}  // namespace rtcroom
