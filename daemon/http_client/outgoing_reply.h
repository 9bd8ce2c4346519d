// What an outside service answers.
#pragma once

#include <cstddef>
#include <string>

namespace rtcroom {

/// Longest body of an answer that is taken.
inline constexpr std::size_t kMaxOutgoingReplyBytes = std::size_t{64} * 1024;

struct OutgoingReply {
  int status = 0;
  std::string body{};
};

}  // namespace rtcroom
