#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/room_list.h"

namespace rtcroom {

Slice HandleWebrtcRoomList(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  RoomPageSpec spec{.index = fields.Integer(field::kIndex), .count = fields.Integer(field::kCount)};
  // An empty type is a filter, too: it selects rooms created without one.
  const auto type = request.body.find(field::kRoomType.name);
  if (type != request.body.end() && type->is_string()) spec.type = fields.Text(field::kRoomType);
  if (!fields.ok()) return OneSlice(Reply::Failure(fields.error()));
  return ReplyWithRooms(request, context, std::move(spec));
}

}  // namespace rtcroom
