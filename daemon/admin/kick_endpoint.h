// POST /console/api/kick and /console/api/dismiss: operator actions on rooms.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/core/room_service.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// Removes a pusher, and keeps it out for `banSeconds`.
/// @errors kBadRequest naming the field; those of `RoomService::KickPusher`.
Result<nlohmann::json> Kick(const HttpRequest& request, RoomService& rooms);

/// Ends a room.
/// @errors kBadRequest naming the field; those of `RoomService::DismissRoom`.
Result<nlohmann::json> Dismiss(const HttpRequest& request, RoomService& rooms);

}  // namespace rtcroom
