// The JSON of a room in the console's API.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/core/lease_table.h"
#include "daemon/core/room.h"

namespace rtcroom {

/// Contains no stream URLs: those carry signatures.
nlohmann::json RoomJson(const Room& room, const LeaseTable& leases);

}  // namespace rtcroom
