// Keeps the service manager informed while the server serves.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/periodic_task.h"
#include "daemon/process/app.h"
#include "daemon/process/service_manager.h"
#include "daemon/process/service_reports.h"
#include "daemon/process/start_signs.h"
#include "daemon/process/watchdog.h"

namespace rtcroom {

/// The service manager of this process, from its first life to its last.
struct ServiceLink {
  ServiceManager& manager;
  ServiceReports& reports;
  bool is_wanted = false;  ///< somebody listens
  /// How long the manager waits for a sign of life, where it does.
  std::optional<std::chrono::microseconds> watchdog_timeout = {};
};

/// Signs of life of a start, from its construction to its destruction.
///
/// @threads for one thread. Owns up to one, which blocks on the manager's socket only, and not for
///          long.
class StartWatch {
 public:
  StartWatch(const ServiceLink& link, const Clock& clock, Logger& logger);

 private:
  std::optional<StartSigns> signs_;
  std::optional<PeriodicTask> giving_;
};

/// Signs of life and status lines, from its construction to its destruction.
///
/// @threads for one thread. Owns up to two, which block on the manager's socket only, and not for
///          long.
class ServiceWatch {
 public:
  static constexpr std::chrono::seconds kStatusPeriod{5};

  /// @param app  has been started; is not stopped before this has ended.
  ServiceWatch(App& app, const ServiceLink& link, const Clock& clock, Logger& logger);

 private:
  std::optional<Watchdog> watchdog_;
  std::optional<PeriodicTask> watching_;
  std::optional<PeriodicTask> telling_;
};

}  // namespace rtcroom
