#include "tests/bench/bench_rooms.h"

#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {

RoomUpdate Filling(const RoomKey& key) {
  constexpr std::size_t kPushers = 2;
  Room room = MakeRoom(key.kind, key.id.value, "user_00000000_0000");
  for (std::size_t i = 0; i < kPushers; ++i) {
    // As long as WeChat's names and addresses, and the server's signed URLs.
    Pusher pusher = MakePusher(fmt::format("oUpF8uMuAJO_M2pxb1Q9zNjWe{:03}", i));
    pusher.user_avatar = std::string(130, 'a');
    pusher.push_url = std::string(180, 'p');
    pusher.accelerate_url = std::string(180, 'q');
    pusher.seat = i + 1;
    room.pushers.push_back(std::move(pusher));
  }
  room.last_event = kPushers;
  return {.key = key, .edit = [room = std::move(room)](const Room*) {
            return RoomChange{.room = room, .events = {{.room = room.key, .room_sequence = 1}}};
          }};
}

}  // namespace rtcroom
