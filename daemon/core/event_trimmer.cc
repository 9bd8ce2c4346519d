#include "daemon/core/event_trimmer.h"

namespace rtcroom {

std::size_t EventTrimmer::Trim(TimePoint now, const std::stop_token& stop) {
  const EventRetention retention{.as_of = now,
                                 .keep_since = now - options_.retention,
                                 .max_events = options_.max_events,
                                 .max_bytes = options_.max_bytes,
                                 .most_per_call = options_.most_per_step};
  std::size_t removed = 0;
  for (std::size_t step = 0; step < options_.most_steps && !stop.stop_requested(); ++step) {
    const Result<std::size_t> outcome = log_.TrimEvents(retention);
    if (options_.after_step) options_.after_step();
    if (!outcome) {
      // The next call retries; until then the history is longer than necessary.
      logger_.Warn("trim_failed",
                   {{"error", ErrcName(outcome.error().code)}, {"detail", outcome.error().detail}});
      return removed;
    }
    removed += *outcome;
    if (*outcome < options_.most_per_step) return removed;
  }
  if (!stop.stop_requested()) logger_.Warn("trimmer_behind", {{"removed", removed}});
  return removed;
}

}  // namespace rtcroom
