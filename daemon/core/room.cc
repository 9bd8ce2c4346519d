#include "daemon/core/room.h"

#include <algorithm>

namespace rtcroom {

const Pusher* FindPusher(const Room& room, const UserId& user_id) {
  const auto seat = std::ranges::find(room.pushers, user_id, &Pusher::user_id);
  return seat == room.pushers.end() ? nullptr : &*seat;
}

const Audience* FindAudience(const Room& room, const UserId& user_id) {
  const auto found = std::ranges::find(room.audiences, user_id, &Audience::user_id);
  return found == room.audiences.end() ? nullptr : &*found;
}

}  // namespace rtcroom
