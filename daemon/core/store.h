// Rooms together with their events.
#pragma once

#include "daemon/core/event_log.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// Users of both take it; others take only the interface that they need.
class Store : public RoomStore, public EventLog {};

}  // namespace rtcroom
