#include "handlers/room_json.h"

#include <string_view>

namespace rtcroom {
namespace {

void WriteListedRoom(const Room& room, JsonText& out) {
  out.BeginObject()
      .Field("roomID", room.key.id.value)
      .Field("roomName", room.info)
      .Field("roomInfo", room.info)
      .Field("roomCreator", room.creator.value)
      .Field("mixedPlayURL", room.mixed_play_url);
  WritePushers(room, out);
  out.EndObject();
}

}  // namespace

void WritePushers(const Room& room, JsonText& out) {
  out.BeginArray("pushers");
  for (const Pusher& pusher : room.pushers) {
    out.BeginObject()
        .Field("userID", pusher.user_id.value)
        .Field("userName", pusher.user_name)
        .Field("userAvatar", pusher.user_avatar)
        .Field("accelerateURL", pusher.accelerate_url)
        .EndObject();
  }
  out.EndArray();
}

void WriteRooms(std::span<const Room> rooms, std::size_t max_bytes, JsonText& out) {
  const std::size_t begun = out.text().size();
  out.BeginArray("rooms");
  for (const Room& room : rooms) {
    const std::size_t before = out.text().size();
    WriteListedRoom(room, out);
    const bool fits = out.text().size() + std::string_view("]").size() - begun <= max_bytes;
    if (!fits && &room != &rooms.front()) {
      out.CutTo(before);
      break;
    }
  }
  out.EndArray();
}

}  // namespace rtcroom
