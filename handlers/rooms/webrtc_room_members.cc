#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandleWebrtcRoomMembers(const Request& request, const HandlerContext& context) {
  const Result<Room> room = LoadNamedRoom(request, context);
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
