#include <utility>

#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

void HandleCreateRoom(const Request& request, const HandlerContext& context, Answer answer) {
  Fields fields(request.body);
  const CreateRoomCommand command{
      .kind = request.room_kind,
      .dialect = request.dialect,
      .room_id = fields.OptionalRoom(),
      .user_id = fields.User(),
      .profile = ReadProfile(fields),
      .info = fields.Text("roomName", "roomInfo"),
  };
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));

  context.services.rooms.CreateRoom(
      command, [answer = std::move(answer)](const Result<RoomId>& room_id) {
        answer(room_id ? Reply::Success(JsonText().Field("roomID", room_id->value))
                       : Reply::Failure(room_id.error()));
      });
}

}  // namespace rtcroom
