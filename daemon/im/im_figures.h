// Figures of the calls to the IM service, made and pending.
#pragma once

#include <cstdint>

#include "daemon/base/tally.h"

namespace rtcroom {

/// Counts of calls by `GroupCommandName`.
struct ImTallies {
  Tally calls{};    ///< made; also by `ImOutcomeName`
  Tally retries{};  ///< that will be made again
  Tally dropped{};  ///< that had no effect and will not be made again
};

struct ImBacklog {
  std::uint64_t groups = 0;  ///< with a pending delivery
  std::uint64_t lag = 0;  ///< positions from the oldest event with a pending delivery to the newest
};

}  // namespace rtcroom
