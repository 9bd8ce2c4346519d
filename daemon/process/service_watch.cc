#include "daemon/process/service_watch.h"

#include <stop_token>

namespace rtcroom {

StartWatch::StartWatch(const ServiceLink& link, const Clock& clock, Logger& logger) {
  if (!link.is_wanted) return;
  signs_.emplace(link.watchdog_timeout, clock, link.manager);
  // A predecessor in this process may have been under the manager's watchdog.
  signs_->Tick();
  giving_.emplace(signs_->TickPeriod(), [this](const std::stop_token&) { signs_->Tick(); }, logger);
}

ServiceWatch::ServiceWatch(App& app, const ServiceLink& link, const Clock& clock, Logger& logger) {
  if (!link.is_wanted) return;
  telling_.emplace(
      kStatusPeriod,
      [&app, &reports = link.reports](const std::stop_token&) { reports.Status(app.StatusLine()); },
      logger);
  if (!link.watchdog_timeout) return;
  watchdog_.emplace(*link.watchdog_timeout, app.WatchedParts(), clock, link.manager, logger);
  watching_.emplace(
      watchdog_->TickPeriod(), [this](const std::stop_token&) { watchdog_->Tick(); }, logger);
}

}  // namespace rtcroom
