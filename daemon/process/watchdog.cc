#include "daemon/process/watchdog.h"

#include <algorithm>
#include <utility>

namespace rtcroom {

Watchdog::Watchdog(std::chrono::microseconds timeout, std::vector<WatchedPart> parts,
                   const Clock& clock, ServiceManager& manager, Logger& logger)
    : timeout_(timeout), clock_(clock), manager_(manager), logger_(logger) {
  for (WatchedPart& part : parts) {
    watched_.push_back({.part = std::move(part),
                        .answered = std::make_shared<std::atomic<bool>>(true),
                        .asked_at = clock_.Monotonic()});
  }
}

std::chrono::milliseconds Watchdog::TickPeriod() const {
  // Often enough that the late answer of a part is noticed before the manager's timeout.
  const auto period = std::chrono::duration_cast<std::chrono::milliseconds>(timeout_ / 20);
  return std::clamp(period, std::chrono::milliseconds(1), std::chrono::milliseconds(1000));
}

void Watchdog::Tick() {
  const MonotonicTime now = clock_.Monotonic();
  bool all_alive = true;
  for (Watched& watched : watched_) all_alive = Look(watched, now) && all_alive;
  // Half of the manager's timeout, less one tick, so that the signal is never later than half.
  const bool is_due = !last_sign_ || now - *last_sign_ + TickPeriod() >= timeout_ / 2;
  if (!all_alive || !is_due) return;
  manager_.Notify("WATCHDOG=1");
  last_sign_ = now;
}

bool Watchdog::Look(Watched& watched, MonotonicTime now) {
  if (watched.answered->load()) {
    if (watched.is_silent) logger_.Warn("part_answers_again", {{"part", watched.part.name}});
    watched.is_silent = false;
    watched.asked_at = now;
    watched.answered = std::make_shared<std::atomic<bool>>(false);
    watched.is_taken = false;
  }
  if (!watched.is_taken) Ask(watched);
  const auto silent_for = now - watched.asked_at;
  if (silent_for <= timeout_ / 2 + watched.part.extra_patience) return true;
  if (!watched.is_silent) {
    logger_.Error(
        "part_is_silent",
        {{"part", watched.part.name},
         {"silent_ms", std::chrono::duration_cast<std::chrono::milliseconds>(silent_for).count()}});
  }
  watched.is_silent = true;
  return false;
}

void Watchdog::Ask(Watched& watched) {
  watched.is_taken = watched.part.ask([answered = watched.answered] { answered->store(true); });
}

}  // namespace rtcroom
