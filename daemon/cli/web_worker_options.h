// Command-line options of `web-worker`.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/rooms_access.h"

namespace rtcroom {

struct WebWorkerCommand {
  RoomsAccess access = {};
  std::optional<std::string> server = {};  ///< none: web.server
};

/// Adds the options of the command; `options` outlives `command`.
void AddWebWorkerOptions(CLI::App& command, WebWorkerCommand& options);

}  // namespace rtcroom
