// A thread that does one thing again and again.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "daemon/base/logger.h"

namespace rtcroom {

/// Calls `task` every `period` on a thread of its own, from one period after the construction
/// until the destruction, which waits for a call that is running: a long one looks at its token.
/// What a call throws is logged, and the next one comes in its time.
class PeriodicTask {
 public:
  using Task = std::function<void(const std::stop_token&)>;

  /// @param logger  outlives this.
  PeriodicTask(std::chrono::milliseconds period, Task task, Logger& logger);

 private:
  std::jthread thread_;
};

}  // namespace rtcroom
