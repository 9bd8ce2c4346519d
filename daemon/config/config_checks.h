// Constraints between keys, and warnings about incomplete configurations.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_problem.h"

namespace rtcroom {

/// Whether the server runs with `--dev`, which makes a certificate and keys where none are given.
enum class RunMode : std::uint8_t { kNormal, kDev };

/// Combinations of values that cannot work, although each value is valid by itself.
std::vector<ConfigProblem> FindConflicts(const Config& config, RunMode mode);

/// Whether the channel needs a made key: it is enabled, and there is no IM application.
bool NeedsMadeApplication(const Config& config);

/// Whether a media server of one's own may send callbacks.
bool HasMediaCallbacks(const LiveConfig& live);

/// Whether a media server is configured: one that sends callbacks, or one that can be asked.
bool HasMediaServer(const LiveConfig& live);

/// Configured files that this process cannot read. Touches the disk.
std::vector<ConfigProblem> FindUnreadableFiles(const Config& config);

/// Missing or risky parts: the server runs with reduced function. In dev mode, call it after the
/// generated keys have been filled in; it leaves out what only concerns a server of users, such as
/// missing accounts at clouds.
std::vector<ConfigProblem> FindWarnings(const Config& config, RunMode mode = RunMode::kNormal);

}  // namespace rtcroom
