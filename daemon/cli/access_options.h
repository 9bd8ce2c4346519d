// Command-line options that say how to reach a running server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/rooms_access.h"

namespace rtcroom {

/// Adds the option `--port` of `--dev`; `port` outlives `command`, which has `--dev`.
void AddDevPortOption(CLI::App& command, std::optional<std::uint16_t>& port);
/// Adds the options that say how to reach the server; `access` outlives `command`.
void AddAccessOptions(CLI::App& command, RoomsAccess& access);
/// Adds the options of a worker; `options` outlives `command`.
/// @param section  of the configuration.
void AddWorkerOptions(CLI::App& command, const std::string& section, WorkerCommand& options);

}  // namespace rtcroom
