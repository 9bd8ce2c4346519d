// Keep-alive signals and status reports to the service manager.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/periodic_task.h"
#include "daemon/process/app.h"
#include "daemon/process/service_manager.h"
#include "daemon/process/service_reports.h"
#include "daemon/process/startup_keep_alive.h"
#include "daemon/process/watchdog.h"

namespace rtcroom {

/// The service manager of this process, over all lives of the server.
struct ServiceDeps {
  ServiceManager& manager;
  ServiceReports& reports;
  bool is_wanted = false;  ///< there is a service manager
  /// The manager's watchdog timeout, if it is enabled.
  std::optional<std::chrono::microseconds> watchdog_timeout = {};
};

/// Keep-alive signals during a start, from construction to destruction.
///
/// @threads for one thread. Owns up to one, which blocks only on the manager's socket, and only
///          briefly.
class StartWatch {
 public:
  StartWatch(const ServiceDeps& deps, const Clock& clock, Logger& logger);

  /// The start waits for its database. To be called again and again as long as it does.
  void WaitsForDatabase(std::string_view reason);

 private:
  ServiceReports& reports_;
  std::optional<StartupKeepAlive> keep_alive_;
  std::optional<PeriodicTask> keep_alive_task_;
};

/// Keep-alive signals and status lines, from construction to destruction.
///
/// @threads for one thread. Owns up to two, which block only on the manager's socket, and only
///          briefly.
class ServiceWatch {
 public:
  static constexpr std::chrono::seconds kStatusPeriod{5};

  /// @param app  already started; must not be stopped before this object is destroyed.
  ServiceWatch(App& app, const ServiceDeps& deps, const Clock& clock, Logger& logger);

 private:
  std::optional<Watchdog> watchdog_;
  std::optional<PeriodicTask> watchdog_task_;
  std::optional<PeriodicTask> status_task_;
};

}  // namespace rtcroom
