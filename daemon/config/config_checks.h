// What must hold between keys, and what a configuration leaves undone.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_problem.h"

namespace rtcroom {

/// Whether the server runs with `--dev`, which makes a certificate and keys where none are given.
enum class RunMode : std::uint8_t { kNormal, kDev };

/// Combinations of values that cannot work, although each is fine by itself.
std::vector<ConfigProblem> FindConflicts(const Config& config, RunMode mode);

/// Configured files that this process cannot read. Touches the disk.
std::vector<ConfigProblem> FindUnreadableFiles(const Config& config);

/// Parts that are missing or risky: the server runs, and does less than it could. In dev mode,
/// call it after the keys that were made have been filled in.
std::vector<ConfigProblem> FindWarnings(const Config& config);

}  // namespace rtcroom
