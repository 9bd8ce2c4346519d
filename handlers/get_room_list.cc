#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"
#include "handlers/room_list.h"

namespace rtcroom {
namespace {

/// Other clients are answered as they always were, byte for byte.
bool NamesItsClient(const Request& request) {
  const auto client = request.body.find("client");
  return client != request.body.end() && *client == "rtcroom/1";
}

}  // namespace

Slice HandleGetRoomList(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomPageSpec spec{.index = fields.Integer(field::kIndex),
                          .count = fields.Integer(field::kCnt),
                          .with_seats = NamesItsClient(request)};
  if (!fields.ok()) return OneSlice(Reply::Failure(fields.error()));
  return ReplyWithRooms(request, context, spec);
}

}  // namespace rtcroom
