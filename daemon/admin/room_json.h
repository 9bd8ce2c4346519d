// A room as the console shows it.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/core/lease_table.h"
#include "daemon/core/room.h"

namespace rtcroom {

/// No URL of a stream is in it: those carry what streams are signed with.
nlohmann::json RoomJson(const Room& room, const LeaseTable& leases);

}  // namespace rtcroom
