// Accounts that are in the groups of rooms which they have left.
#pragma once

#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/channel/group_access_check.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/event_log.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// It takes those out of the group of a room that are members no more, where only members may be in
/// it (`GroupAccess::kMembers`). An account is asked about when an event says that it has left: it
/// may have another role in the room, or have come back.
///
/// Reads the store only of rooms with receivers at this server, once for all events that
/// are given at a time.
///
/// @threads for one thread.
class FormerMembers {
 public:
  /// Both outlive this object.
  FormerMembers(RoomStore& rooms, PushReceivers& receivers)
      : rooms_(rooms), receivers_(receivers) {}

  /// Committed events. Call it before anything later than they is delivered.
  /// @errors kStoreBusy; kStoreBroken. Then call it again with the same events.
  Status OnEvents(std::span<const StoredEvent> events);
  /// Some events are unknown. The receivers of new clients read their rooms again by themselves.
  /// @errors as `OnEvents`.
  Status OnEventsLost() { return End(receivers_.Memberships()); }

 private:
  /// Adds the memberships that the event may have ended.
  void AddEndedBy(const StoredEvent& event, std::vector<GroupMembership>& ended) const;
  /// Ends the memberships whose account is no member of the room.
  Status End(std::vector<GroupMembership> memberships);

  RoomStore& rooms_;
  PushReceivers& receivers_;
};

}  // namespace rtcroom
