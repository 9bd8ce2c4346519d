// The machine's clocks.
#pragma once

#include <chrono>

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

}  // namespace rtcroom
