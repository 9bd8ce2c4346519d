// Keeps the history of events within its bounds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/steady_wall_clock.h"
#include "daemon/core/store.h"

namespace rtcroom {

struct TrimOptions {
  std::chrono::milliseconds retention = std::chrono::hours(24);
  std::uint64_t max_events = 10'000'000;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  std::size_t most_per_step = 1'000;   ///< what one write to the store removes
  std::size_t most_steps = 100;        ///< of one call to `Trim`
  std::function<void()> after_step{};  ///< called on the thread that trims
};

/// Removes events that are too old, too many or too large together, in steps small enough that
/// requests hardly notice them. A wall clock that is set makes no event too old before its time:
/// after it was set forward, events may stay for longer, until another bound ends them or the
/// process starts anew.
///
/// @threads for one thread.
class EventTrimmer {
 public:
  EventTrimmer(Store& store, const Clock& clock, TrimOptions options, Logger& logger)
      : store_(store), clock_(clock), steady_clock_(clock), options_(options), logger_(logger) {}

  /// Stops between two steps when it is asked to.
  /// @return how many events went.
  std::size_t Trim(const std::stop_token& stop = {});

 private:
  Store& store_;
  const Clock& clock_;
  const SteadyWallClock steady_clock_;
  const TrimOptions options_;
  Logger& logger_;
};

}  // namespace rtcroom
