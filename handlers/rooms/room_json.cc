#include "handlers/rooms/room_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rtcroom {
namespace {

/// The leading room fields, which both dialects share; the text goes under both names, since
/// clients of each dialect read their own.
void WriteHead(const Room& room, Protocol protocol, JsonText& out) {
  const ProtocolTraits& traits = TraitsOf(protocol);
  out.Field("roomID", room.key.id.value)
      .Field(traits.info.name, room.info)
      .Field(traits.info.alias, room.info)
      .Field("roomCreator", room.creator.value)
      .Field("mixedPlayURL", room.mixed_play_url);
}

void WriteSeats(const Room& room, const RoomLimits& limits, JsonText& out) {
  const std::size_t most = limits.PushersIn(room.key.kind);
  // An operator may have lowered the limit since.
  const std::size_t taken = std::min(room.pushers.size(), most);
  out.Field("seats", most - taken);
}

void WriteListedRoom(const Room& room, Protocol protocol, JsonText& out, const RoomLimits* limits) {
  out.BeginObject();
  switch (protocol) {
    case Protocol::kGen1:
      WriteHead(room, protocol, out);
      WritePushers(room, out);
      break;
    case Protocol::kGen2:
      WriteHead(room, protocol, out);
      WriteCustom(room.custom, out);
      if (room.key.kind == RoomKind::kLive) {
        out.Field("audienceCount", room.audience_count);
      }
      WritePushers(room, out);
      break;
    case Protocol::kWebrtc:
      out.Field("roomID", room.key.id.value)
          .Field("roomInfo", room.info)
          .Field("roomCreator", room.creator.value);
      break;
  }
  if (limits != nullptr && protocol == Protocol::kGen2) WriteSeats(room, *limits, out);
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

void WriteCustom(std::string_view custom, JsonText& out) {
  out.Field("custom", custom).Field("customInfo", custom);
}

void WriteOneRoom(const Room& room, Protocol protocol, JsonText& out) {
  if (protocol == Protocol::kGen1) {
    WritePushers(room, out);
    out.Field("roomCreator", room.creator.value).Field("mixedPlayURL", room.mixed_play_url);
    return;
  }
  WriteHead(room, protocol, out);
  WriteCustom(room.custom, out);
  WritePushers(room, out);
}

bool WriteRooms(std::span<const Room> rooms, Protocol protocol, std::size_t max_bytes,
                JsonText& out, const RoomLimits* limits) {
  for (const Room& room : rooms) {
    const std::size_t before = out.text().size();
    const bool is_first = out.text().ends_with('[');
    WriteListedRoom(room, protocol, out, limits);
    const bool fits = out.text().size() + std::string_view("]").size() <= max_bytes;
    if (!fits && !is_first) {
      out.CutTo(before);
      return false;
    }
  }
  return true;
}

std::string ListedRoom(const Room& room, RoomReach reach, const RoomLimits& limits) {
  JsonText object;
  const Protocol protocol = reach == RoomReach::kAll ? Protocol::kGen2 : Protocol::kGen1;
  WriteListedRoom(room, protocol, object, &limits);
  return std::string(object.text());
}

}  // namespace rtcroom
