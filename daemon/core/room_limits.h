// Maximum numbers of members of a room.
#pragma once

#include <cstddef>

#include "daemon/core/ids.h"

namespace rtcroom {

/// @source protocol 0.4, B.8, but for the viewers, of which the older servers had 30.
struct RoomLimits {
  std::size_t max_pushers_double = 2;
  std::size_t max_pushers_multi = 4;
  std::size_t max_pushers_live = 4;
  std::size_t max_audiences = 1000;

  [[nodiscard]] std::size_t PushersIn(RoomKind kind) const {
    constexpr std::size_t kPushersInWebrtc = 4;
    switch (kind) {
      case RoomKind::kDouble:
        return max_pushers_double;
      case RoomKind::kMulti:
        return max_pushers_multi;
      case RoomKind::kLive:
        return max_pushers_live;
      case RoomKind::kWebrtc:
        return kPushersInWebrtc;
    }
    return 0;
  }
};

}  // namespace rtcroom
