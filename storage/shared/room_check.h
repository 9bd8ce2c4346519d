// Checks that a stored room is one that the rules can have made.
#pragma once

#include <optional>

#include "daemon/core/room.h"
#include "daemon/core/room_limits.h"
#include "storage/shared/store_findings.h"

namespace rtcroom {

/// @param room    with all its viewers, in join order.
/// @param limits  on its members; nullopt: not checked.
void CheckRoom(const Room& room, const std::optional<RoomLimits>& limits, StoreFindings& findings);

}  // namespace rtcroom
