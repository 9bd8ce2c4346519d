// Rooms as they look on the wire.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "daemon/core/room.h"
#include "handlers/json_text.h"
#include "handlers/protocol.h"

namespace rtcroom {

/// The member `pushers`: `[{userID, userName, userAvatar, accelerateURL}]` in join order, never
/// null. Push URLs stay with their owners.
/// @source protocol A.4.7, F.7.
void WritePushers(const Room& room, JsonText& out);

/// The custom fields under both of their names, `custom` and `customInfo`: a string that holds
/// JSON.
/// @source protocol B.4.6, B.5, C.4.
void WriteCustom(std::string_view custom, JsonText& out);

/// The members that get_pushers tells of a room.
/// @source protocol A.4.7, B.4.6.
void WriteOneRoom(const Room& room, Protocol protocol, JsonText& out);

/// Most bytes of a whole reply with a list. Rooms that are full of long texts reach it before they
/// are too many.
/// @source protocol A.4.8.
inline constexpr std::size_t kMaxRoomListBytes = std::size_t{256} * 1024;

/// Goes on with the array `rooms`, which has been begun: with as many of them, whole, as leave all
/// of `out` within `max_bytes` once it is ended; but the array gets one at least when there are
/// any. In the dialects the text of a room is under both of its names: `roomName` and `roomInfo`.
/// @return whether it got all of them.
/// @source protocol A.4.8, B.4.8, B.8, C.4.
bool WriteRooms(std::span<const Room> rooms, Protocol protocol, std::size_t max_bytes,
                JsonText& out);

}  // namespace rtcroom
