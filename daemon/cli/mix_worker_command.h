// The command `mix-worker`, with parsed options.
#pragma once

#include <optional>
#include <string>

#include "daemon/cli/cli.h"
#include "daemon/cli/rooms_access.h"

namespace rtcroom {

struct MixWorkerCommand {
  RoomsAccess access = {};
  std::optional<std::string> server = {};  ///< none: mix.server
};

/// Makes the mixes that the room server wants, until SIGTERM or SIGINT. Logs to standard error.
/// Notifies a service manager that the environment names (sd_notify(3)) of its start and its end.
///
/// Blocks those signals in the calling thread: call it before other threads start.
/// @return the exit code.
int RunMixWorkerCommand(const MixWorkerCommand& command, const CliContext& cli);

}  // namespace rtcroom
