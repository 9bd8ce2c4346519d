// Pages of rooms, as every protocol asks for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "handlers/endpoints.h"

namespace rtcroom {

/// Which rooms a list is to hold.
struct RoomPageWish {
  std::int64_t index = 0;             ///< rooms to skip; below 0 is none
  std::int64_t count = 0;             ///< most rooms; below 0 is none
  std::optional<std::string> type{};  ///< only those of that type
};

/// The rooms of the request's kind as a reply, read and written some at a time.
///
/// Each room is as it was when its turn came. Rooms keep their order and none comes twice; one that
/// ends before its turn is left out.
/// @source protocol A.4.8, B.4.8, B.8.
Slice ReplyWithRooms(const Request& request, const HandlerContext& context, RoomPageWish wish);

}  // namespace rtcroom
