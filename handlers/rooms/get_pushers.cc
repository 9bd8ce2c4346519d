#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/room_json.h"

namespace rtcroom {

Reply HandleGetPushers(const Request& request, const HandlerContext& context) {
  const Result<Room> room = LoadNamedRoom(request, context);
  if (!room) return Reply::Failure(room.error());
  // Clients of viewers send nothing else while they watch.
  const bool may_watch = request.room_kind == RoomKind::kLive && request.proven_caller;
  if (ViewerLeases* const viewers = context.services.viewers; may_watch && viewers != nullptr) {
    (void)viewers->OnSign(room->key, *request.proven_caller);
  }
  constexpr std::size_t kBytesOfManyRooms = 1024;
  JsonText answer(kBytesOfManyRooms);
  WriteOneRoom(*room, request.protocol, answer);
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
