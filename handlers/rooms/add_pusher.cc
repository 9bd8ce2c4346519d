#include <string>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

void HandleAddPusher(const Request& request, const HandlerContext& context, Answer answer) {
  Fields fields = FieldsOf(request);
  const AddPusherCommand command{
      .room = ReadRoomKey(fields, request),
      .dialect = request.dialect(),
      .user_id = fields.User(),
      .profile = ReadProfile(fields),
      .info = fields.OptionalInfo(),
      .from = request.from,
      .owner = request.owner(),
      .stay = ReadStayWish(request),
  };
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));

  const ProtocolTraits& traits = request.traits();
  context.services.rooms.AddPusher(
      command, [&traits, room_id = command.room.id, stay = command.stay,
                answer = std::move(answer)](const Status& added) {
        if (!added) return answer(FailureOver(room_id, added.error(), traits));
        answer(Reply::Success(WithStay(
            traits.names_room ? JsonText().Field("roomID", room_id.value) : JsonText(), stay)));
      });
}

}  // namespace rtcroom
