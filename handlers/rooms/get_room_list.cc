#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/room_list.h"

namespace rtcroom {

Slice HandleGetRoomList(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomPageSpec spec{.index = fields.Integer(field::kIndex),
                          .count = fields.Integer(field::kCnt),
                          .with_seats = NamesClient(request)};
  if (!fields.ok()) return OneSlice(Reply::Failure(fields.error()));
  return ReplyWithRooms(request, context, spec);
}

}  // namespace rtcroom
