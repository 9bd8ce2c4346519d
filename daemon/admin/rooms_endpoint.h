// GET /console/api/rooms and /console/api/room: the current rooms.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_store.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// A page of rooms of all kinds, or of those that match the query.
/// @errors kBadRequest naming the field; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ListRooms(const HttpRequest& request, RoomStore& store,
                                 const LeaseTable& leases);

/// @errors kBadRequest naming the field; kRoomNotFound; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ShowRoom(const HttpRequest& request, RoomStore& store,
                                const LeaseTable& leases);

}  // namespace rtcroom
