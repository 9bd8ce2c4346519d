// GET /console/api/events: what happened to one room.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/core/store.h"
#include "handlers/request.h"

namespace rtcroom {

/// Newest first, as far back as events are retained, whether or not the room is still there.
/// @errors kBadRequest naming the field; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ShowRoomEvents(const HttpRequest& request, Store& store);

}  // namespace rtcroom
