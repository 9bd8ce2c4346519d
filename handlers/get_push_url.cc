#include <optional>
#include <string>
#include <utility>

#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

Reply HandleGetPushUrl(const Request& request, const HandlerContext& context) {
  Fields fields(request.body);
  const UserId user_id = fields.User();
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Services& services = context.services;
  // Gen-1 clients name no room here; one that names none that can be has named none.
  std::optional<RoomId> room;
  if (std::string named = fields.OptionalText("roomID"); IsIdText(named)) {
    room = RoomId{std::move(named)};
  }
  const Status allowed = services.rooms.CheckMayPush(request.room_kind, room, user_id);
  if (!allowed) return Reply::Failure(allowed.error());
  const Result<std::string> url = services.streams.PushUrl(user_id, services.clock.Now());
  return url ? Reply::Success(JsonText().Field("pushURL", *url)) : Reply::Failure(url.error());
}

}  // namespace rtcroom
