// Configuration for commands that use one section of it.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/cli/commands.h"

namespace rtcroom {

/// Loads the configuration for a command that uses only `section`: problems elsewhere, such as a
/// missing certificate, are left to `serve`.
/// @param mode  of the server that the command is for.
/// @return nullopt when that section or the file as a whole has a problem; it is printed to `err`.
std::optional<Config> LoadSection(std::string_view section, const ConfigPath& path,
                                  const CliContext& context, RunMode mode = RunMode::kNormal);

}  // namespace rtcroom
