#include "daemon/event_trimmer.h"

namespace rtcroom {

std::size_t EventTrimmer::Trim() {
  const EventRetention retention{.keep_since = clock_.Now() - options_.retention,
                                 .max_events = options_.max_events,
                                 .most_per_call = options_.most_per_step};
  std::size_t removed = 0;
  for (std::size_t step = 0; step < options_.most_steps; ++step) {
    const Result<std::size_t> outcome = store_.TrimEvents(retention);
    if (!outcome) {
      // The next call tries again; until then the history is longer than it need be.
      logger_.Warn("trim_failed",
                   {{"error", ErrcName(outcome.error().code)}, {"detail", outcome.error().detail}});
      break;
    }
    removed += *outcome;
    if (*outcome < options_.most_per_step) break;
  }
  return removed;
}

}  // namespace rtcroom
