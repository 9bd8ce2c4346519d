#include "handlers/channel/stream_pushes.h"

#include "daemon/base/json_text.h"

namespace rtcroom {

std::string StreamPush(const RoomKey& room, const UserId& user_id, bool is_on) {
  JsonText push;
  push.BeginObject("stream")
      .Field("kind", RoomKindName(room.kind))
      .Field("roomID", room.id.value)
      .Field("userID", user_id.value)
      .Json("on", is_on ? "true" : "false")
      .EndObject();
  return push.AsObject();
}

std::string WebEndedPush(const RoomKey& room, std::string_view session, std::string_view reason) {
  JsonText push;
  push.BeginObject("web_ended")
      .Field("kind", RoomKindName(room.kind))
      .Field("roomID", room.id.value)
      .Field("session", session)
      .Field("reason", reason)
      .EndObject();
  return push.AsObject();
}

}  // namespace rtcroom
