#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {
namespace {

CreateRoomCommand ReadCommand(Fields& fields, const Request& request) {
  CreateRoomCommand command{.kind = request.room_kind,
                            .dialect = request.dialect(),
                            .room_id = fields.OptionalRoom(),
                            .user_id = fields.User(),
                            .from = request.from,
                            .owner = request.owner(),
                            .stay = ReadStayWish(request)};
  if (StartsActive(command.kind, command.dialect)) command.profile = ReadProfile(fields);
  command.info = fields.Info();
  return command;
}

}  // namespace

void HandleCreateRoom(const Request& request, const HandlerContext& context, Answer answer) {
  Fields fields = FieldsOf(request);
  const CreateRoomCommand command = ReadCommand(fields, request);
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));

  context.services.rooms.CreateRoom(
      command, [&traits = request.traits(), named = command.room_id.value_or(RoomId{}),
                stay = command.stay, answer = std::move(answer)](const Result<RoomId>& room_id) {
        if (!room_id) return answer(FailureOver(named, room_id.error(), traits));
        answer(Reply::Success(WithStay(JsonText().Field("roomID", room_id->value), stay)));
      });
}

}  // namespace rtcroom
