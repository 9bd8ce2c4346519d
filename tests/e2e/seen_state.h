// The visible state of a server in both dialects and webrtc_room, for comparison before and after.
#pragma once

#include <string>

#include "tests/support/gen2_client.h"

namespace rtcroom {

/// The lists of rooms of every kind in both dialects, those of webrtc_room, and, of the live room
/// `room_id`, its custom fields and audiences as `observer` sees them.
std::string SeenState(Gen2Client& observer, const std::string& room_id);

}  // namespace rtcroom
