// The command `serve`.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"

namespace rtcroom {

/// Runs the server until SIGTERM or SIGINT. Logs to standard error; in dev mode it prints to
/// standard output where it can be reached.
///
/// Blocks those signals in the calling thread: call it before there are others.
/// @return the exit code: 0 when it stopped as asked, 1 when it could not start.
int Serve(const Config& config, RunMode mode);

}  // namespace rtcroom
