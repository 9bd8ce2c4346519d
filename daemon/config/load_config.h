// Reads a configuration: defaults, then the file, then the environment.
#pragma once

#include <cstdint>
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
  Environment environment = {};  ///< only `RTCROOMD_…` is read
  RunMode mode = RunMode::kNormal;
  std::string dev_host = std::string(kDevHost);  ///< of `DevDefaults`
  std::optional<std::uint16_t> dev_port = {};    ///< of `MoveDevPorts`, in dev mode
};

/// The key of problems that concern the file as a whole.
inline constexpr std::string_view kWholeConfiguration = "configuration";

/// Run `config` only when there are no problems; a key that has one keeps its default.
struct ConfigOutcome {
  Config config = {};
  std::vector<ConfigProblem> problems = {};
};

/// Whether one of the problems is about `key`.
bool HasProblem(const ConfigOutcome& outcome, std::string_view key);

/// Finds all problems at once: unknown, ill-typed or out-of-bounds keys and, among
/// valid values, combinations that cannot work.
///
/// A variable `RTCROOMD_<SECTION>_<KEY>` overrides the file. For a secret,
/// `RTCROOMD_<SECTION>_<KEY>_FILE` names a file that holds it; one trailing line end is removed. No
/// other files are read.
ConfigOutcome LoadConfig(const ConfigSource& source);

/// Reads the file at `path`, if any, and loads it. Also checks that the files named by the
/// configuration are readable.
ConfigOutcome LoadConfigFile(const std::optional<std::string>& path, const Environment& environment,
                             RunMode mode, std::string_view dev_host = kDevHost,
                             std::optional<std::uint16_t> dev_port = std::nullopt);

}  // namespace rtcroom
