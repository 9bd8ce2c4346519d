#include "daemon/core/room.h"

#include <algorithm>

#include <fmt/format.h>

namespace rtcroom {

const Pusher* FindPusher(const Room& room, const UserId& user_id) {
  const auto seat = std::ranges::find(room.pushers, user_id, &Pusher::user_id);
  return seat == room.pushers.end() ? nullptr : &*seat;
}

const Audience* FindAudience(const Room& room, const UserId& user_id) {
  const auto found = std::ranges::find(room.audiences, user_id, &Audience::user_id);
  return found == room.audiences.end() ? nullptr : &*found;
}

std::string StayOf(const Room& room, const Pusher& pusher) {
  // A seat is kept on rejoining: only the time distinguishes the stays.
  return fmt::format("{}-{}-{}", room.sequence, pusher.seat,
                     pusher.added_at.time_since_epoch().count());
}

std::string StayOf(const Room& room, const Audience& viewer) {
  return fmt::format("{}-{}", room.sequence, viewer.seat);
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
