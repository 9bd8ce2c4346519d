// Whether the worker takes more sessions.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Says that the worker is busy when it has used more than 80 % of the cores that it may use for
/// 10 s: one more session would be at the cost of those that it has.
///
/// @threads for one thread.
class LoadWatch {
 public:
  static constexpr std::chrono::seconds kPeriod{10};

  /// Call it every few seconds.
  /// @param cpu    time of all threads since the process began.
  /// @param cores  that they may run on; 0: not known, and then it is one.
  void Measure(MonotonicTime now, std::chrono::microseconds cpu, std::size_t cores) {
    if (now - since_ < kPeriod) return;
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now - since_);
    is_busy_ = cpu - cpu_ > since / 5 * 4 * std::max<std::int64_t>(1, std::int64_t(cores));
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
