// The JSON of an event in the console's API.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/core/event_log.h"

namespace rtcroom {

nlohmann::json EventJson(const StoredEvent& stored);

}  // namespace rtcroom
