// The command `serve`.
#pragma once

#include <functional>

#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/environment.h"
#include "daemon/config/load_config.h"
#include "daemon/process/hand_over.h"

namespace rtcroom {

/// How the process came to be, beyond its configuration.
struct ServeStart {
  StartCommand command = {};     ///< by which a successor is started in its place
  Environment environment = {};  ///< where listening sockets may be announced
};

/// Runs the server until SIGTERM or SIGINT. Logs to standard error; in dev mode it prints to
/// standard output where it can be reached. Upon SIGHUP it takes up what `reload` reads, as far
/// as `PlanReload` says. Upon SIGUSR2 the program at the path of this one takes over, with the
/// listening sockets; when it cannot, this one goes on. A service manager that the environment
/// names (sd_notify(3)) hears of all that, and of its health where it wants signs of life.
///
/// Blocks those signals in the calling thread: call it before there are others.
/// @return the exit code: 0 when it stopped as asked, 1 when it could not start.
int Serve(const Config& config, RunMode mode, const std::function<ConfigOutcome()>& reload,
          const ServeStart& start);

}  // namespace rtcroom
