// Limits the history of events.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/event_log.h"

namespace rtcroom {

struct TrimOptions {
  std::chrono::milliseconds retention = std::chrono::hours(24);
  std::uint64_t max_events = 10'000'000;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  std::size_t most_per_step = 1'000;   ///< removed by one write to the store
  std::size_t most_steps = 100;        ///< per call to `Trim`
  std::function<void()> after_step{};  ///< called on the thread that trims
};

/// Removes events beyond the limits on age, number or total size, in steps small enough to have
/// little effect on requests.
///
/// @threads for one thread.
class EventTrimmer {
 public:
  EventTrimmer(EventLog& log, TrimOptions options, Logger& logger)
      : log_(log), options_(std::move(options)), logger_(logger) {}

  /// Stops between two steps on request.
  /// @param now  of the `RemovalClock`.
  /// @return the number of removed events.
  std::size_t Trim(TimePoint now, const std::stop_token& stop = {});

 private:
  EventLog& log_;
  const TrimOptions options_;
  Logger& logger_;
};

}  // namespace rtcroom
