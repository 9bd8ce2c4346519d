// Names of a change's events.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/event_log.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// In event order.
inline std::vector<std::string> EventNames(const RoomChange& change) {
  std::vector<std::string> names;
  names.reserve(change.events.size());
  for (const RoomEvent& event : change.events) names.emplace_back(EventTypeName(event.payload));
  return names;
}

}  // namespace rtcroom
