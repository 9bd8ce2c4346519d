#include <optional>
#include <string>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/push_urls.h"

namespace rtcroom {
namespace {

std::string StreamFor(const UserId& user_id, Streams streams, const Services& services) {
  std::string name = services.streams.StreamName(user_id);
  switch (streams) {
    case Streams::kOnePerUser:
      break;
    case Streams::kOnePerUrl:
      name.append(1, '_').append(services.ids.NewStreamSuffix());
  }
  return name;
}

}  // namespace

Result<std::string> SignPushUrl(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const UserId user_id = fields.User();
  if (!fields.ok()) return fields.error();

  const Services& services = context.services;
  // The room is optional here; an ID that is not valid counts as missing.
  std::optional<RoomId> room;
  if (std::string named = fields.Text(field::kRoomHint); IsIdText(named)) {
    room = RoomId{std::move(named)};
  }
  const Status allowed = services.rooms.CheckMayPush(request.room_kind, room, user_id);
  if (!allowed) return allowed.error();
  const PushBinding binding{.room = {.kind = request.room_kind, .id = room.value_or(RoomId())},
                            .user_id = user_id};
  return services.streams.BoundPushUrl(StreamFor(user_id, request.traits().streams, services),
                                       binding, services.clock.Now());
}

Reply HandleGetPushUrl(const Request& request, const HandlerContext& context) {
  const Result<std::string> url = SignPushUrl(request, context);
  return url ? Reply::Success(JsonText().Field("pushURL", *url)) : Reply::Failure(url.error());
}

}  // namespace rtcroom
