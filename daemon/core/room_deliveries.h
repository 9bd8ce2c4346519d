// The delivery that follows from a change of a room.
#pragma once

#include <optional>

#include "daemon/core/delivery_store.h"
#include "daemon/core/room_change.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// Whether the members of the room's group get a notice of the event: those of a new room have not
/// joined yet, and viewers and custom fields cause none.
/// @source protocol B.5, F.3.
bool ChangesPushers(const RoomEvent& event);

/// Pure, of those to the IM service. A new room cancels the pending deliveries of an earlier one
/// with its id. The end of a room drops its notices and enqueues a destroy of its group. Kinds
/// without groups have no deliveries.
/// @source protocol B.4.3, D.7, F.3.
std::optional<DeliveryChange> DeliveryOf(const RoomChange& change);

/// Pure, of those to TRTC, whose rooms are those of webrtc: an operator's removal, an eviction and
/// a dismissal disconnect from TRTC too. Users who leave by themselves do so there as well.
/// @source docs/tencent-live.md, "Calls to TRTC".
std::optional<DeliveryChange> TrtcDeliveryOf(const RoomChange& change);

/// The outside services for which changes enqueue deliveries.
struct DeliveryServices {
  bool im = false;
  bool trtc = false;
};

/// Wraps `edit`: adds the delivery to each change that carries none already. A room has a group or
/// is one of TRTC, so there is one at most.
RoomEdit WithDeliveries(RoomEdit edit, const DeliveryServices& services = {.im = true});

}  // namespace rtcroom
