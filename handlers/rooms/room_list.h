// Pages of rooms, for all protocols.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "handlers/rooms/endpoints.h"

namespace rtcroom {

/// The requested page of a room list.
struct RoomPageSpec {
  std::int64_t index = 0;             ///< rooms to skip; below 0 means none
  std::int64_t count = 0;             ///< maximum number of rooms; below 0 means none
  std::optional<std::string> type{};  ///< only rooms of this type
  bool with_seats = false;            ///< each room with its number of free seats
};

/// Lists the rooms of the request's kind, read and written in slices.
///
/// Each room is shown as it was when its slice was read. Rooms keep their order and none is
/// repeated; one that ends before its slice is left out.
/// @source protocol A.4.8, B.4.8, B.8.
Slice ReplyWithRooms(const Request& request, const HandlerContext& context, RoomPageSpec spec);

}  // namespace rtcroom
