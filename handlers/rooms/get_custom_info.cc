#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/room_json.h"

namespace rtcroom {

Reply HandleGetCustomInfo(const Request& request, const HandlerContext& context) {
  const Result<Room> room = LoadNamedRoom(request, context);
  if (!room) return Reply::Failure(room.error());
  JsonText answer;
  WriteCustom(room->custom, answer);
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
