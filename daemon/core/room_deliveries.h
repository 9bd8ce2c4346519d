// The delivery that follows from a change of a room.
#pragma once

#include <optional>

#include "daemon/core/delivery_store.h"
#include "daemon/core/room_change.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// Whether the members of the room's group get a notice of the event: those of a new room have not
/// joined yet, and viewers and custom fields cause none.
/// @source protocol A.8, B.5.
bool ChangesPushers(const RoomEvent& event);

/// Pure. A new room cancels the pending deliveries of an earlier one with its id. The end of a room
/// drops its notices and enqueues a destroy of its group. Kinds without groups have no deliveries.
/// @source protocol A.8, B.4.3, F.3.
std::optional<DeliveryChange> DeliveryOf(const RoomChange& change);

/// Wraps `edit`: adds `DeliveryOf` to each change that carries no delivery already.
RoomEdit WithDeliveries(RoomEdit edit);

}  // namespace rtcroom
