#include "daemon/process/service_watch.h"

#include <stop_token>

namespace rtcroom {

StartWatch::StartWatch(const ServiceDeps& deps, const Clock& clock, Logger& logger)
    : reports_(deps.reports) {
  if (!deps.is_wanted) return;
  keep_alive_.emplace(deps.watchdog_timeout, clock, deps.manager);
  // A predecessor in this process may have been under the manager's watchdog.
  keep_alive_->Tick();
  keep_alive_task_.emplace(
      keep_alive_->TickPeriod(), [this](const std::stop_token&) { keep_alive_->Tick(); }, logger);
}

void StartWatch::WaitsForDatabase(std::string_view reason) {
  if (keep_alive_) keep_alive_->Waits();
  reports_.WaitingForDatabase(reason);
}

ServiceWatch::ServiceWatch(App& app, const ServiceDeps& deps, const Clock& clock, Logger& logger) {
  if (!deps.is_wanted) return;
  status_task_.emplace(
      kStatusPeriod,
      [&app, &reports = deps.reports](const std::stop_token&) { reports.Status(app.StatusLine()); },
      logger);
  if (!deps.watchdog_timeout) return;
  watchdog_.emplace(*deps.watchdog_timeout, app.LivenessProbes(), clock, deps.manager, logger);
  watchdog_task_.emplace(
      watchdog_->TickPeriod(), [this](const std::stop_token&) { watchdog_->Tick(); }, logger);
}

}  // namespace rtcroom
