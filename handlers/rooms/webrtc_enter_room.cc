#include <string>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/webrtc_fields.h"

namespace rtcroom {

void HandleWebrtcEnterRoom(const Request& request, const HandlerContext& context, Answer answer) {
  Fields fields = FieldsOf(request);
  const AddPusherCommand command{
      .room = ReadRoomKey(fields, request),
      .dialect = request.dialect(),
      .user_id = ReadSignableUser(fields, context),
      .profile = {.user_name = ReadNickName(fields)},
      .owner = request.owner(),
  };
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));
  // Signed first: a caller that gets no key must not become a member.
  const Result<std::string> key = SignPrivateMapKey(context, command.user_id, command.room.id);
  if (!key) return answer(Reply::Failure(key.error()));

  context.services.rooms.AddPusher(
      command, [command, key = *key, answer = std::move(answer)](const Status& entered) {
        if (!entered) return answer(Reply::Failure(entered.error()));
        answer(Reply::Success(JsonText()
                                  .Field("userID", command.user_id.value)
                                  .Field("roomID", command.room.id.value)
                                  .Field("privateMapKey", key)));
      });
}

}  // namespace rtcroom
