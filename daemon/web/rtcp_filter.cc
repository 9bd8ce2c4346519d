#include "daemon/web/rtcp_filter.h"

#include <algorithm>
#include <cstddef>

namespace rtcroom {

bool HasTransportFeedback(std::span<const std::uint8_t> rtcp) {
  constexpr std::size_t kWord = 4;
  constexpr unsigned kTransportLayer = 205;
  constexpr unsigned kTransportWide = 15;
  while (rtcp.size() >= kWord) {
    if (rtcp[1] == kTransportLayer && (rtcp[0] & 0x1FU) == kTransportWide) return true;
    const std::size_t words = ((std::size_t{rtcp[2]} << 8U) | rtcp[3]) + 1;
    rtcp = rtcp.subspan(std::min(words * kWord, rtcp.size()));
  }
  return false;
}

}  // namespace rtcroom
