#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

Reply HandleCreateRoom(const Request& request, const HandlerContext& context) {
  Fields fields(request.body);
  const CreateRoomCommand command{
      .kind = request.room_kind,
      .dialect = request.dialect,
      .room_id = fields.OptionalRoom(),
      .user_id = fields.User(),
      .profile = ReadProfile(fields),
      .info = fields.Text("roomName", "roomInfo"),
  };
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<RoomId> room_id = context.services.rooms.CreateRoom(command);
  return room_id ? Reply::Success(JsonText().Field("roomID", room_id->value))
                 : Reply::Failure(room_id.error());
}

}  // namespace rtcroom
