// A thread that runs one task periodically.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "daemon/base/logger.h"

namespace rtcroom {

/// Calls `task` every `period` on a separate thread, from one period after the construction until
/// the destruction, which waits for a running call: a long one should check its token. Exceptions
/// are logged, and the next call follows on schedule.
class PeriodicTask {
 public:
  using Task = std::function<void(const std::stop_token&)>;

  /// @param logger  must outlive this object.
  PeriodicTask(std::chrono::milliseconds period, Task task, Logger& logger);

 private:
  std::jthread thread_;
};

}  // namespace rtcroom
