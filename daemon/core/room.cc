#include "daemon/core/room.h"

#include <algorithm>

namespace rtcroom {

const Pusher* FindPusher(const Room& room, const UserId& user_id) {
  const auto seat = std::ranges::find(room.pushers, user_id, &Pusher::user_id);
  return seat == room.pushers.end() ? nullptr : &*seat;
}

}  // namespace rtcroom
