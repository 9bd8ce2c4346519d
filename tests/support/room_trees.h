// Room replies as JSON trees built with the JSON library: the reference for replies that are
// written directly as text.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "daemon/core/room.h"

namespace rtcroom {

inline nlohmann::ordered_json PushersTree(const Room& room) {
  nlohmann::ordered_json pushers = nlohmann::ordered_json::array();
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

inline nlohmann::ordered_json RoomsTree(std::span<const Room> rooms) {
  nlohmann::ordered_json listed = nlohmann::ordered_json::array();
  for (const Room& room : rooms) {
    listed.push_back({
        {"roomID", room.key.id.value},
        {"roomName", room.info},
        {"roomInfo", room.info},
        {"roomCreator", room.creator.value},
        {"mixedPlayURL", room.mixed_play_url},
        {"pushers", PushersTree(room)},
    });
  }
  return listed;
}

inline std::string TreeText(const nlohmann::ordered_json& tree) {
  return tree.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace rtcroom
