#include "daemon/im/group_happening.h"

#include <variant>

#include "daemon/core/im_groups.h"

namespace rtcroom {
namespace {

// No overload takes everything, so that a new happening does not compile until it is here.
struct Judge {
  const RoomEvent& event;

  GroupHappening operator()(const RoomCreated& /*created*/) const {
    return GroupHappening::kRoomBegins;
  }
  GroupHappening operator()(const RoomActivated& /*activated*/) const {
    return GroupHappening::kNothing;  // the first pusher follows
  }
  GroupHappening operator()(const PusherAdded& /*added*/) const {
    // The second event of a room that is active at once is its creator taking his seat, in the
    // change that made the room: nobody has joined the group yet. (In one that was prepared the
    // second is its activation.)
    const bool of_creation = event.room_sequence == 2;
    return of_creation ? GroupHappening::kNothing : GroupHappening::kPushersChange;
  }
  GroupHappening operator()(const PusherUpdated& /*updated*/) const {
    return event.dialect == Dialect::kGen2 ? GroupHappening::kPushersChange
                                           : GroupHappening::kNothing;
  }
  GroupHappening operator()(const PusherDeleted& deleted) const {
    return deleted.reason == LeaveReason::kRoomDestroyed ? GroupHappening::kRoomIsEnding
                                                         : GroupHappening::kPusherLeaves;
  }
  // Viewers and custom fields are told of to nobody (protocol B.5).
  GroupHappening operator()(const AudienceAdded& /*added*/) const {
    return GroupHappening::kNothing;
  }
  GroupHappening operator()(const AudienceDeleted& /*deleted*/) const {
    return GroupHappening::kNothing;
  }
  GroupHappening operator()(const CustomChanged& /*changed*/) const {
    return GroupHappening::kNothing;
  }
  GroupHappening operator()(const RoomDestroyed& /*destroyed*/) const {
    return GroupHappening::kRoomEnds;
  }
};

}  // namespace

GroupHappening GroupHappeningOf(const RoomEvent& event) {
  if (!HasGroup(event.room.kind)) return GroupHappening::kNothing;
  return std::visit(Judge{event}, event.happening);
}

}  // namespace rtcroom
