#include "handlers/room_list.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "handlers/room_json.h"

namespace rtcroom {
namespace {

/// @source protocol A.4.8.
constexpr std::int64_t kMostRooms = 200;

/// Where 0 asks for all there are, that is bounded, too.
std::size_t RoomsToList(std::int64_t count, const Manners& manners) {
  if (count == 0 && manners.zero_lists_all) count = kMostRooms;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, kMostRooms));
}

}  // namespace

Reply ReplyWithRooms(const Request& request, const HandlerContext& context, RoomPageWish wish) {
  const Result<std::vector<Room>> rooms = context.services.rooms.ListRooms({
      .kind = request.room_kind,
      .dialect = request.dialect(),
      .type = std::move(wish.type),
      .index = static_cast<std::uint64_t>(std::max<std::int64_t>(wish.index, 0)),
      .count = RoomsToList(wish.count, request.manners()),
  });
  if (!rooms) return Reply::Failure(rooms.error());
  JsonText answer;
  WriteRooms(*rooms, request.protocol, kMaxRoomListBytes - SuccessFrameBytes(), answer);
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
