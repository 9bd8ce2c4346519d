// Rooms as they look on the wire.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/core/room.h"

namespace rtcroom {

/// `[{userID, userName, userAvatar, accelerateURL}]` in join order; never null. Push URLs stay
/// with their owners.
/// @source protocol A.4.7, F.7.
nlohmann::ordered_json PushersJson(const Room& room);

/// One entry of a list. The text is under both of its names: `roomName` and `roomInfo`.
/// @source protocol A.4.8, C.4.
nlohmann::ordered_json ListedRoomJson(const Room& room);

}  // namespace rtcroom
