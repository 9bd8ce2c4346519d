#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "handlers/endpoints.h"
#include "handlers/fields.h"
#include "handlers/room_json.h"

namespace rtcroom {
namespace {

/// @source protocol A.4.8.
constexpr std::int64_t kMostRooms = 200;

/// 0 asks for all there are, which is bounded; a negative number for none.
std::size_t RoomsToList(std::int64_t count) {
  if (count == 0) return static_cast<std::size_t>(kMostRooms);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, kMostRooms));
}

}  // namespace

Reply HandleGetRoomList(const Request& request, const HandlerContext& context) {
  Fields fields(request.body);
  const std::int64_t count = fields.Integer("cnt", "count");
  const std::int64_t index = fields.Integer("index");
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<std::vector<Room>> rooms = context.services.rooms.ListRooms({
      .kind = request.room_kind,
      .dialect = request.dialect,
      .index = static_cast<std::uint64_t>(std::max<std::int64_t>(index, 0)),
      .count = RoomsToList(count),
  });
  if (!rooms) return Reply::Failure(rooms.error());
  JsonText answer;
  WriteRooms(*rooms, kMaxRoomListBytes - SuccessFrameBytes(), answer);
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
