#include "handlers/rooms/room_list.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "handlers/rooms/room_json.h"

namespace rtcroom {
namespace {

/// @source protocol A.4.8.
constexpr std::int64_t kMostRooms = 200;

/// A count of 0 that asks for all rooms is bounded, too.
std::size_t RoomsToList(std::int64_t count, const ProtocolTraits& traits) {
  if (count == 0 && traits.zero_lists_all) count = kMostRooms;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, kMostRooms));
}

/// Bounds of a slice, so that it costs about as much as a few other calls: it reads at most this
/// many rooms, and writes at most this many bytes of them, or one room.
constexpr std::size_t kRoomsInASlice = 20;
constexpr std::size_t kBytesInASlice = 16384;

class RoomListSlices {
 public:
  /// @param limits  null: without free seats; outlives the slices
  RoomListSlices(RoomService& rooms, RoomListQuery query, Protocol protocol,
                 const RoomLimits* limits)
      : rooms_(&rooms),
        query_(std::move(query)),
        left_(query_.count),
        protocol_(protocol),
        limits_(limits) {
    answer_.BeginArray("rooms");
  }

  std::optional<Reply> operator()() {
    if (written_ == read_.size()) {
      if (const Status read = ReadOn(); !read) return Reply::Failure(read.error());
    }
    const std::size_t enough = answer_.text().size() + kBytesInASlice;
    bool is_full = false;
    while (written_ < read_.size() && !is_full && answer_.text().size() < enough) {
      is_full = !WriteRooms(std::span(read_).subspan(written_++, 1), protocol_,
                            kMaxRoomListBytes - SuccessFrameBytes(), answer_, limits_);
    }
    const bool is_last = is_full || (written_ == read_.size() && left_ == 0);
    if (!is_last) return std::nullopt;
    answer_.EndArray();
    return Reply::Success(std::move(answer_));
  }

 private:
  /// @errors those of `RoomService::ListRooms`.
  Status ReadOn() {
    query_.count = std::min(left_, kRoomsInASlice);
    Result<std::vector<Room>> rooms = rooms_->ListRooms(query_);
    if (!rooms) return rooms.error();
    read_ = *std::move(rooms);
    written_ = 0;
    left_ = read_.size() < query_.count ? 0 : left_ - read_.size();
    if (!read_.empty()) query_.after = read_.back().place;
    query_.index = 0;
    return {};
  }

  RoomService* rooms_;
  RoomListQuery query_;  ///< of the next read
  std::size_t left_;     ///< rooms not read yet
  Protocol protocol_;
  const RoomLimits* limits_;
  std::vector<Room> read_;
  std::size_t written_ = 0;  ///< number of rooms of `read_` already written
  JsonText answer_;
};

}  // namespace

Slice ReplyWithRooms(const Request& request, const HandlerContext& context, RoomPageSpec spec) {
  return RoomListSlices(
      context.services.rooms,
      {
          .kind = request.room_kind,
          .dialect = request.dialect(),
          .type = std::move(spec.type),
          .index = static_cast<std::uint64_t>(std::max<std::int64_t>(spec.index, 0)),
          .count = RoomsToList(spec.count, request.traits()),
      },
      request.protocol, spec.with_seats ? &context.services.limits : nullptr);
}

}  // namespace rtcroom
