#include <utility>

#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"
#include "handlers/room_json.h"

namespace rtcroom {

Reply HandleGetPushers(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey key = ReadRoomKey(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<Room> room = context.services.rooms.LoadRoom(key, request.dialect());
  if (!room) return Reply::Failure(room.error());
  JsonText answer;
  WriteOneRoom(*room, request.protocol, answer);
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
