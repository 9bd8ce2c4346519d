// The worker processes share this code: configuration, signals, the service manager.
#pragma once

#include <csignal>
#include <functional>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/cli/rooms_access.h"
#include "daemon/config/environment.h"
#include "daemon/process/service_reports.h"

namespace rtcroom {

/// All of it outlives the process's work.
struct WorkerContext {
  std::ostream& err;
  const Environment& environment;
  const Clock& clock;
};

/// The sections that a worker uses; nullopt when one has a problem, which is printed.
std::optional<Config> LoadWorkerConfig(std::initializer_list<std::string_view> sections,
                                       const RoomsAccess& access, const WorkerContext& context);

/// Blocks SIGTERM and SIGINT in the calling thread: call it before other threads start.
sigset_t BlockStopSignals();

/// Runs `work` in a thread of its own until one of the signals arrives, which requests its stop, or
/// until it returns. Notifies a service manager that the environment names (sd_notify(3)); `work`
/// reports when it is ready.
/// @return what `work` returned.
Status RunUntilSignalled(
    const sigset_t& signals, const WorkerContext& context, Logger& logger,
    const std::function<Status(const std::stop_token& stop, ServiceReports& reports)>& work);

}  // namespace rtcroom
