// The visible state of a server in both dialects and webrtc_room, for comparison before and after.
#pragma once

#include <string>

#include "tests/support/authorised_client.h"

namespace rtcroom {

/// The lists of rooms of every kind in both dialects, those of webrtc_room, and, of the live room
/// `room_id`, its custom fields and audiences as `observer` sees them.
std::string SeenState(ApiClient& client, const Account& observer, const std::string& room_id);

/// userIDs of the pushers that a caller of gen-2 sees in a room; empty when there is no such room.
std::vector<std::string> PushersSeenBy(ApiClient& client, const Account& observer,
                                       std::string_view kind, const std::string& room_id);

/// roomIDs of the rooms that a caller of gen-2 sees.
std::vector<std::string> RoomsSeenBy(ApiClient& client, const Account& observer,
                                     std::string_view kind);

}  // namespace rtcroom
