// Configuration for commands that use one section of it.
#pragma once

#include <optional>
#include <ostream>
#include <string_view>

#include "daemon/cli/commands.h"

namespace rtcroom {

/// Loads the configuration for a command that uses only `section`: problems elsewhere, such as a
/// missing certificate, are left to `serve`, and so is what the server needs of several sections.
/// @param mode  of the server that the command is for.
/// @return nullopt when that section or the file as a whole has a problem; it is printed to `err`.
std::optional<Config> LoadSection(std::string_view section, const ConfigPath& path,
                                  const Environment& environment, std::ostream& err,
                                  RunMode mode = RunMode::kNormal);
inline std::optional<Config> LoadSection(std::string_view section, const ConfigPath& path,
                                         const CliContext& context,
                                         RunMode mode = RunMode::kNormal) {
  return LoadSection(section, path, context.environment, context.err, mode);
}

}  // namespace rtcroom
