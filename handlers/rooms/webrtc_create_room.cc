#include <optional>
#include <string>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/webrtc_fields.h"

namespace rtcroom {
namespace {

CreateRoomCommand ReadCommand(Fields& fields, const Request& request,
                              const HandlerContext& context) {
  return {.kind = request.room_kind,
          .dialect = request.dialect(),
          .room_id = std::nullopt,
          .user_id = ReadSignableUser(fields, context),
          .profile = {.user_name = ReadNickName(fields)},
          .info = {},
          .type = fields.Text(field::kRoomType),
          .owner = request.owner()};
}

Reply ReplyTo(const CreateRoomCommand& command, const RoomId& room_id,
              const HandlerContext& context) {
  const Result<std::string> key = SignPrivateMapKey(context, command.user_id, room_id);
  if (!key) {
    // No client could enter the room. If this fails too, the room ends for lack of heartbeats.
    const Status quit =
        context.services.rooms.DeletePusher({.room = {.kind = command.kind, .id = room_id},
                                             .dialect = command.dialect,
                                             .user_id = command.user_id});
    static_cast<void>(quit);
    return Reply::Failure(key.error());
  }
  return Reply::Success(JsonText()
                            .Field("userID", command.user_id.value)
                            .Field("roomID", room_id.value)
                            .Field("roomInfo", command.info)
                            .Field("privateMapKey", *key));
}

}  // namespace

void HandleWebrtcCreateRoom(const Request& request, const HandlerContext& context, Answer answer) {
  Fields fields = FieldsOf(request);
  CreateRoomCommand command = ReadCommand(fields, request, context);
  command.info = fields.Info();
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));
  if (const Status ready = context.services.private_map_keys.CanSign(); !ready) {
    return answer(Reply::Failure(ready.error()));
  }

  context.services.rooms.CreateRoom(
      command, [command, &context, answer = std::move(answer)](const Result<RoomId>& room_id) {
        answer(room_id ? ReplyTo(command, *room_id, context) : Reply::Failure(room_id.error()));
      });
}

}  // namespace rtcroom
