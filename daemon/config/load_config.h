// Reads a configuration: defaults, then the file, then the environment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/config_problem.h"
#include "daemon/config/environment.h"

namespace rtcroom {

struct ConfigSource {
  std::string toml = {};         ///< content of the file; empty when there is none
  Environment environment = {};  ///< only `RTCROOMD_…` is looked at
  RunMode mode = RunMode::kNormal;
};

/// The key of problems that are about the file as a whole.
inline constexpr std::string_view kWholeConfiguration = "configuration";

/// `config` is only to be run when there are no problems; a key that has one keeps its default.
struct ConfigOutcome {
  Config config = {};
  std::vector<ConfigProblem> problems = {};
};

/// Whether one of the problems is about `key`.
bool HasProblem(const ConfigOutcome& outcome, std::string_view key);

/// Finds all problems at once: what is unknown, ill-typed, out of bounds or not available in this
/// version, and, between values that are fine, combinations that cannot work.
///
/// A variable `RTCROOMD_<SECTION>_<KEY>` wins over the file. For a secret,
/// `RTCROOMD_<SECTION>_<KEY>_FILE` names a file that holds it; one line end after it is cut.
/// Those files are all that is read from disk.
ConfigOutcome LoadConfig(const ConfigSource& source);

/// Reads the file at `path`, if there is one to read, and loads it. That the files which the
/// configuration names can be read is checked, too.
ConfigOutcome LoadConfigFile(const std::optional<std::string>& path, const Environment& environment,
                             RunMode mode);

}  // namespace rtcroom
