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

RoomMix MixOf(const Room& room) {
  RoomMix mix;
  if (!room.mix) return mix;
  mix.canvas = *room.mix;
  for (const Pusher& pusher : room.pushers) {
    if (pusher.mix_place) {
      mix.inputs.push_back({.user_id = pusher.user_id, .place = *pusher.mix_place});
    }
  }
  return mix;
}

}  // namespace rtcroom
