// The command `serve`.
#pragma once

#include <functional>

#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/environment.h"
#include "daemon/config/load_config.h"
#include "daemon/process/hand_over.h"

namespace rtcroom {

/// How the process was started, besides its configuration.
struct ServeStart {
  StartCommand command = {};     ///< starts a successor in its place
  Environment environment = {};  ///< may announce listening sockets
};

/// Blocks the signals that `Serve` reacts to without an end: one that arrives earlier stays pending
/// until then, instead of ending the process. Call it first of all, from the only thread: it is a
/// system call, and needs nothing that is initialized.
void HoldServeSignals();

/// Runs the server until SIGTERM or SIGINT. Logs to standard error; in dev mode it prints its URLs
/// to standard output. Upon SIGHUP it applies the configuration from `reload`, as far as
/// `PlanReload` allows. Upon SIGUSR2 the program at this one's path takes over, with the listening
/// sockets; if it cannot, this one continues. A service manager that the environment names
/// (sd_notify(3)) is notified of all that, and gets keep-alive signals if its watchdog is enabled.
///
/// Blocks those signals in the calling thread: call it before other threads start.
/// @return the exit code: 0 when it stopped as requested, 1 when it could not start.
int Serve(const Config& config, RunMode mode, const std::function<ConfigOutcome()>& reload,
          const ServeStart& start);

}  // namespace rtcroom
