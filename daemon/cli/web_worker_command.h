// The command `web-worker`.
#pragma once

#include <span>
#include <string>

#include "daemon/cli/cli.h"

namespace rtcroom {

/// Replaces the process by rtcroomd-web, which is beside this program or in /usr/libexec/rtcroomd,
/// with the same arguments: only that program loads the media library.
/// @param arguments  what follows the command's name.
/// @return the exit code, when there is no such program.
int RunWebWorkerCommand(std::span<const std::string> arguments, const CliContext& context);

}  // namespace rtcroom
