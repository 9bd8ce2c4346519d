#include "handlers/room_json.h"

namespace rtcroom {

using nlohmann::ordered_json;

ordered_json PushersJson(const Room& room) {
  ordered_json pushers = ordered_json::array();
  for (const Pusher& pusher : room.pushers) {
    pushers.push_back({
        {"userID", pusher.user_id.value},
        {"userName", pusher.user_name},
        {"userAvatar", pusher.user_avatar},
        {"accelerateURL", pusher.accelerate_url},
    });
  }
  return pushers;
}

ordered_json ListedRoomJson(const Room& room) {
  return {
      {"roomID", room.key.id.value},
      {"roomName", room.info},
      {"roomInfo", room.info},
      {"roomCreator", room.creator.value},
      {"mixedPlayURL", room.mixed_play_url},
      {"pushers", PushersJson(room)},
  };
}

}  // namespace rtcroom
