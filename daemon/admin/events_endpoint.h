// GET /console/api/events: the events of one room.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/core/event_log.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// Newest first, as far back as events are retained, whether or not the room still exists.
/// @errors kBadRequest naming the field; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ShowRoomEvents(const HttpRequest& request, EventLog& log);

}  // namespace rtcroom
