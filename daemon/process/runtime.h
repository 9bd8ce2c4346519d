// The clock, randomness and log of one life of the server.
#pragma once

#include "daemon/base/logger.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/core/system_ids.h"

namespace rtcroom {

/// Outlives all modules.
///
/// @threads safe from any thread.
struct Runtime {
  explicit Runtime(Logger& logger_of_process) : logger(logger_of_process) {}

  Logger& logger;
  SystemClock clock{};
  SystemRandom random{};
  SystemIds ids{random};
};

}  // namespace rtcroom
