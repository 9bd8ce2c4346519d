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

/// As many as cost about as much as a handful of other calls.
constexpr std::size_t kRoomsInASlice = 20;

class RoomListSlices {
 public:
  RoomListSlices(RoomService& rooms, RoomListQuery query, Protocol protocol)
      : rooms_(&rooms), query_(std::move(query)), left_(query_.count), protocol_(protocol) {
    answer_.BeginArray("rooms");
  }

  std::optional<Reply> operator()() {
    query_.count = std::min(left_, kRoomsInASlice);
    const Result<std::vector<Room>> rooms = rooms_->ListRooms(query_);
    if (!rooms) return Reply::Failure(rooms.error());
    left_ -= rooms->size();
    const bool fit =
        WriteRooms(*rooms, protocol_, kMaxRoomListBytes - SuccessFrameBytes(), answer_);
    if (fit && left_ > 0 && rooms->size() == query_.count) {
      query_.after = rooms->back().place;
      query_.index = 0;
      return std::nullopt;
    }
    answer_.EndArray();
    return Reply::Success(std::move(answer_));
  }

 private:
  RoomService* rooms_;
  RoomListQuery query_;  ///< of the next slice
  std::size_t left_;     ///< rooms that are still wanted
  Protocol protocol_;
  JsonText answer_;
};

}  // namespace

Slice ReplyWithRooms(const Request& request, const HandlerContext& context, RoomPageWish wish) {
  return RoomListSlices(
      context.services.rooms,
      {
          .kind = request.room_kind,
          .dialect = request.dialect(),
          .type = std::move(wish.type),
          .index = static_cast<std::uint64_t>(std::max<std::int64_t>(wish.index, 0)),
          .count = RoomsToList(wish.count, request.manners()),
      },
      request.protocol);
}

}  // namespace rtcroom
