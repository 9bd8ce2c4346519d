#include <utility>

#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

// Without a mixing service the parameters are checked and discarded. The reply still has a
// `result`, because clients read `result.code` without a check (protocol A.4.10).
Reply HandleMergeStream(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey key = ReadRoomKey(fields, request);
  const UserId user_id = fields.User();
  fields.CheckMergeParams();
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<Room> room = context.services.rooms.LoadRoom(key, request.dialect());
  if (!room) return Reply::Failure(room.error());
  if (FindPusher(*room, user_id) == nullptr) {
    return Reply::Failure({Errc::kPusherNotFound, "only a pusher may mix"});
  }
  constexpr const char* kNoMixer = "no mixing service is configured";
  JsonText result;
  result.BeginObject("result").Field("code", -1).Field("message", kNoMixer).EndObject();
  return Reply::Failure({Errc::kUnavailable, kNoMixer}, std::move(result));
}

}  // namespace rtcroom
