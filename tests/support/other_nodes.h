// Other nodes on the store, whose answers a test sets.
#pragma once

#include <chrono>
#include <cstddef>
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
    SharedSilence each = *answer;
    if (each.is_silent) each.age = timeout;
    return std::vector(lapsed.size(), each);
  }
  Result<std::vector<NamedMember>> MediaOff(std::chrono::milliseconds /*lasting*/,
                                            std::size_t /*limit*/) override {
    return off;
  }
  Result<SharedSilence> answer = SharedSilence{.is_silent = true};
  std::vector<NamedMember> off{};
  std::vector<SeatKey> asked{};
};

}  // namespace rtcroom
