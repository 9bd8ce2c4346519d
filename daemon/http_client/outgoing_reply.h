// Response of an outside service.
#pragma once

#include <cstddef>
#include <string>

namespace rtcroom {

/// Maximum accepted length of a response body.
inline constexpr std::size_t kMaxOutgoingReplyBytes = std::size_t{64} * 1024;

struct OutgoingReply {
  int status = 0;
  std::string body{};
};

}  // namespace rtcroom
