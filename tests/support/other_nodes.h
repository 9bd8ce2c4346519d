// Other nodes on the store, whose answers a test sets.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "daemon/core/cluster.h"

namespace rtcroom {

/// Other nodes, which have heard of some members.
class OtherNodes : public Alone {
 public:
  Result<std::vector<SharedSilence>> Silent(std::span<const SeatKey> lapsed,
                                            std::chrono::milliseconds timeout) override {
    asked.insert(asked.end(), lapsed.begin(), lapsed.end());
    if (!answer) return answer.error();
    if (answer->is_silent) return Alone::Silent(lapsed, timeout);
    return std::vector(lapsed.size(), *answer);
  }
  Result<SharedSilence> answer = SharedSilence{.is_silent = true};
  std::vector<SeatKey> asked{};
};

}  // namespace rtcroom
