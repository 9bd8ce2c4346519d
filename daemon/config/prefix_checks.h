// Checks that the prefixes of paths do not collide.
#pragma once

#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_problem.h"

namespace rtcroom {

/// Finds prefixes by which one path would be of two protocols.
void CheckPrefixes(const Config& config, std::vector<ConfigProblem>& problems);

}  // namespace rtcroom
