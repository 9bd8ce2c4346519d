// The delivery that follows from a change of a room.
#pragma once

#include <optional>

#include "daemon/core/delivery_store.h"
#include "daemon/core/room_change.h"

namespace rtcroom {

/// Pure. A room that begins cancels what is pending for an earlier one of its id. A room that ends
/// drops its notices, and has its group destroyed. Kinds without groups have no deliveries.
/// @source protocol A.8, B.4.3, F.3.
std::optional<DeliveryChange> DeliveryOf(const RoomChange& change);

/// `edit`, whose changes carry `DeliveryOf` them, unless they carry a delivery already.
RoomEdit WithDeliveries(RoomEdit edit);

}  // namespace rtcroom
