// The demands of the keys of browsers' media on each other and on other sections.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/config_problem.h"

namespace rtcroom {

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

/// @param text  one that `CheckPortRange` accepts.
PortRange ParsePortRange(std::string_view text);

void CheckWeb(const Config& config, std::vector<ConfigProblem>& problems);

}  // namespace rtcroom
