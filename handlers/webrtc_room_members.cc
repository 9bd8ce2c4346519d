#include <utility>

#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

Reply HandleWebrtcRoomMembers(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey key = ReadRoomKey(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<Room> room = context.services.rooms.LoadRoom(key, request.dialect());
  if (!room) return Reply::Failure(room.error());
  JsonText answer;
  answer.BeginArray("members");
  for (const Pusher& member : room->pushers) {
    answer.BeginObject()
        .Field("userID", member.user_id.value)
        .Field("nickName", member.user_name)
        .EndObject();
  }
  answer.EndArray();
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
