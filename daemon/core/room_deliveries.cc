#include "daemon/core/room_deliveries.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/core/im_groups.h"
#include "daemon/core/removals.h"

namespace rtcroom {
namespace {

// No generic overload: a new event type does not compile until it is listed here.
struct PushersChange {
  const RoomEvent& event;

  bool operator()(const RoomCreated& /*created*/) const { return false; }
  bool operator()(const RoomActivated& /*activated*/) const {
    return false;  // the event of the first pusher follows
  }
  bool operator()(const PusherAdded& /*added*/) const {
    // Event 2 of a room that is active at once adds its creator in the creating change: the group
    // has no members yet. (In a prepared room, event 2 is the activation.)
    return event.room_sequence != 2;
  }
  bool operator()(const PusherUpdated& /*updated*/) const {
    return event.dialect == Dialect::kGen2;
  }
  bool operator()(const PusherDeleted& /*deleted*/) const { return true; }
  // Viewers and custom fields cause no notices (protocol B.5).
  bool operator()(const AudienceAdded& /*added*/) const { return false; }
  bool operator()(const AudienceDeleted& /*deleted*/) const { return false; }
  bool operator()(const CustomChanged& /*changed*/) const { return false; }
  bool operator()(const RoomDestroyed& /*destroyed*/) const { return false; }
};

}  // namespace

bool ChangesPushers(const RoomEvent& event) {
  return std::visit(PushersChange{event}, event.payload);
}

std::optional<DeliveryChange> DeliveryOf(const RoomChange& change) {
  const RoomKey& room = change.room.key;
  if (change.events.empty() || !HasGroup(room.kind)) return std::nullopt;
  if (change.closed) {
    return DeliveryChange{
        .group = room.id, .drops_pending = true, .enqueue = DeliveryKind::kDestroyGroup};
  }
  if (std::holds_alternative<RoomCreated>(change.events.front().payload)) {
    return DeliveryChange{.group = room.id, .drops_pending = true};
  }
  if (std::ranges::none_of(change.events, ChangesPushers)) return std::nullopt;
  return DeliveryChange{.group = room.id, .enqueue = DeliveryKind::kNotifyGroup};
}

std::optional<DeliveryChange> TrtcDeliveryOf(const RoomChange& change) {
  const RoomKey& room = change.room.key;
  if (room.kind != RoomKind::kWebrtc) return std::nullopt;
  const auto removed = std::ranges::find_if(change.events, IsRemoval);
  const bool is_dismissed = std::ranges::any_of(change.events, IsDismissal);
  if (removed == change.events.end() && !is_dismissed) return std::nullopt;
  if (change.closed) return DeliveryChange{.group = room.id, .enqueue = DeliveryKind::kDismissRoom};
  const UserId& user_id = std::get<PusherDeleted>(removed->payload).user_id;
  return DeliveryChange{.group = {room.id.value + ' ' + user_id.value},
                        .enqueue = DeliveryKind::kRemoveUser};
}

RoomEdit WithDeliveries(RoomEdit edit, const DeliveryServices& services) {
  return [edit = std::move(edit), services](const Room* stored) {
    Result<RoomChange> change = edit(stored);
    if (!change || change->delivery) return change;
    if (services.im) change->delivery = DeliveryOf(*change);
    if (services.trtc && !change->delivery) change->delivery = TrtcDeliveryOf(*change);
    return change;
  };
}

}  // namespace rtcroom
