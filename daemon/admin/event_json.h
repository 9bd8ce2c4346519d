// An event as the console shows it.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/core/store.h"

namespace rtcroom {

nlohmann::json EventJson(const StoredEvent& stored);

}  // namespace rtcroom
