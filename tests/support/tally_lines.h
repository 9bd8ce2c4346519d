// What a tally has counted, as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "daemon/base/tally.h"

namespace rtcroom {

/// "NAME COUNT" or "NAME NAME COUNT" of each, in the order of the names.
inline std::vector<std::string> LinesOf(const Tally& tally) {
  std::vector<std::string> lines;
  for (const auto& [names, count] : tally.Read()) {
    const auto& [first, second] = names;
    lines.push_back(second.empty() ? fmt::format("{} {}", first, count)
                                   : fmt::format("{} {} {}", first, second, count));
  }
  return lines;
}

/// How much was counted, whatever its names.
inline std::uint64_t TotalOf(const Tally& tally) {
  std::uint64_t total = 0;
  for (const auto& [names, count] : tally.Read()) total += count;
  return total;
}

}  // namespace rtcroom
