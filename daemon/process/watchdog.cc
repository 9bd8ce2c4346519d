#include "daemon/process/watchdog.h"

#include <algorithm>
#include <utility>

namespace rtcroom {

Watchdog::Watchdog(std::chrono::microseconds timeout, std::vector<LivenessProbe> probes,
                   const Clock& clock, ServiceManager& manager, Logger& logger)
    : timeout_(timeout), clock_(clock), manager_(manager), logger_(logger) {
  for (LivenessProbe& probe : probes) {
    probes_.push_back({.probe = std::move(probe),
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
  for (ProbeState& state : probes_) all_alive = Check(state, now) && all_alive;
  // Half of the manager's timeout, less one tick, so that the signal is never later than half.
  const bool is_due = !last_signal_ || now - *last_signal_ + TickPeriod() >= timeout_ / 2;
  if (!all_alive || !is_due) return;
  manager_.Notify("WATCHDOG=1");
  last_signal_ = now;
}

bool Watchdog::Check(ProbeState& state, MonotonicTime now) {
  if (state.answered->load()) {
    if (state.is_silent) logger_.Warn("component_recovered", {{"component", state.probe.name}});
    state.is_silent = false;
    state.asked_at = now;
    state.answered = std::make_shared<std::atomic<bool>>(false);
    state.is_taken = false;
  }
  if (!state.is_taken) Ask(state);
  const auto silent_for = now - state.asked_at;
  if (silent_for <= timeout_ / 2 + state.probe.extra_timeout) return true;
  if (!state.is_silent) {
    logger_.Error(
        "component_stalled",
        {{"component", state.probe.name},
         {"silent_ms", std::chrono::duration_cast<std::chrono::milliseconds>(silent_for).count()}});
  }
  state.is_silent = true;
  return false;
}

void Watchdog::Ask(ProbeState& state) {
  state.is_taken = state.probe.ask([answered = state.answered] { answered->store(true); });
}

}  // namespace rtcroom
