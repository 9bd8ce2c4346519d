// The command `serve`.
#pragma once

#include <functional>

#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/load_config.h"

namespace rtcroom {

/// Runs the server until SIGTERM or SIGINT. Logs to standard error; in dev mode it prints to
/// standard output where it can be reached. Upon SIGHUP it takes up `log.level` from what
/// `reload` reads; the other keys need a restart.
///
/// Blocks those signals in the calling thread: call it before there are others.
/// @return the exit code: 0 when it stopped as asked, 1 when it could not start.
int Serve(const Config& config, RunMode mode, const std::function<ConfigOutcome()>& reload);

}  // namespace rtcroom
