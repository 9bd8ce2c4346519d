// Rooms in their JSON wire format.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/json_text.h"
#include "daemon/core/room.h"
#include "daemon/core/room_limits.h"
#include "daemon/core/room_reach.h"
#include "handlers/shared/protocol.h"

namespace rtcroom {

/// The member `pushers`: `[{userID, userName, userAvatar, accelerateURL}]` in join order, never
/// null. Push URLs are left out: only their owners may see them.
/// @source protocol A.4.7, F.7.
void WritePushers(const Room& room, JsonText& out);

/// The custom fields under both names, `custom` and `customInfo`: a string that holds JSON.
/// @source protocol B.4.6, B.5, C.4.
void WriteCustom(std::string_view custom, JsonText& out);

/// The room fields of a get_pushers reply.
/// @source protocol A.4.7, B.4.6.
void WriteOneRoom(const Room& room, Protocol protocol, JsonText& out);

/// Maximum bytes of a complete reply with a list. Rooms with long texts reach this limit before the
/// limit on their number.
/// @source protocol A.4.8.
inline constexpr std::size_t kMaxRoomListBytes = std::size_t{256} * 1024;

/// Appends to the open array `rooms` as many whole rooms as keep all of `out`, with the closing
/// bracket, within `max_bytes`; at least one if there are any. In the dialects the text of a room
/// is under both names: `roomName` and `roomInfo`.
/// @param limits  with them each room of gen-2 has `seats`, the number of free ones.
/// @return whether all rooms were written.
/// @source protocol A.4.8, B.4.8, B.8, C.4.
bool WriteRooms(std::span<const Room> rooms, Protocol protocol, std::size_t max_bytes,
                JsonText& out, const RoomLimits* limits = nullptr);

/// A room of a list as an object: as `get_room_list` shows it to a client of gen-2 that names
/// itself, or to one of gen-1, which is what a login that reaches only gen-1 sees.
/// @source docs/channel-socket.md, 3.
std::string ListedRoom(const Room& room, RoomReach reach, const RoomLimits& limits);

}  // namespace rtcroom
