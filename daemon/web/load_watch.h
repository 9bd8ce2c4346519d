// Whether the worker takes more sessions.
#pragma once

#include <chrono>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Says that the worker is busy when it has used more than 80 % of a core for 10 s: one more
/// session would be at the cost of those that it has.
///
/// @threads for one thread.
class LoadWatch {
 public:
  static constexpr std::chrono::seconds kPeriod{10};

  /// Call it every few seconds.
  /// @param cpu  time of all threads since the process began.
  void Measure(MonotonicTime now, std::chrono::microseconds cpu) {
    if (now - since_ < kPeriod) return;
    is_busy_ = cpu - cpu_ > (now - since_) * 4 / 5;
    since_ = now;
    cpu_ = cpu;
  }
  [[nodiscard]] bool is_busy() const { return is_busy_; }

 private:
  MonotonicTime since_{};
  std::chrono::microseconds cpu_{0};
  bool is_busy_ = false;
};

}  // namespace rtcroom
