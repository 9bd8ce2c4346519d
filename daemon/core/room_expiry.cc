// Evictions and removals by this server: the part of `RoomService` that its upkeep calls.
#include <cstddef>
#include <utility>
#include <vector>

#include "daemon/core/room_rules.h"
#include "daemon/core/room_service.h"

namespace rtcroom {

ExpiryOutcome RoomService::ExpirePushers(std::span<const Eviction> evictions,
                                         const std::function<bool(const Eviction&)>& holds) {
  const TimePoint now = clock_.Now();
  std::vector<RoomUpdate> updates;
  updates.reserve(evictions.size());
  for (const Eviction& eviction : evictions) {
    updates.push_back(
        {.key = eviction.lease.room, .edit = [&, now](const Room* stored) -> Result<RoomChange> {
           if (stored != nullptr && !holds(eviction)) return {{.room = *stored}};
           return ExpireIfStillLapsed(stored, eviction, now);
         }});
  }
  const std::vector<Result<RoomChange>> changes = UpdateAll(std::move(updates));

  ExpiryOutcome outcome;
  for (std::size_t i = 0; i < evictions.size(); ++i) {
    const LapsedLease& lease = evictions[i].lease;
    const Result<RoomChange>& change = changes[i];
    if (!change) {
      leases_.ReleaseExpiry(lease);
      const bool gone = change.error().code == Errc::kPusherNotFound;
      ++(gone ? outcome.skipped : outcome.failed);
      continue;
    }
    if (change->events.empty()) {
      ++outcome.skipped;
      continue;
    }
    ++outcome.expired;
    logger_.Info("pusher_expired", {{"kind", RoomKindName(lease.room.kind)},
                                    {"room", lease.room.id.value},
                                    {"user", lease.user_id.value},
                                    {"reason", LeaveReasonName(evictions[i].reason)},
                                    {"overdue_ms", lease.overdue.count()}});
    LogEnd(*change);
  }
  return outcome;
}

Result<RoomChange> RoomService::ExpireIfStillLapsed(const Room* stored, const Eviction& eviction,
                                                    TimePoint now) {
  const LapsedLease& lease = eviction.lease;
  const Pusher* pusher = stored == nullptr ? nullptr : FindPusher(*stored, lease.user_id);
  if (pusher == nullptr) return Error{Errc::kPusherNotFound, {}};
  // The lease table has not seen an add_pusher of the same commit group yet: the room is newer.
  const bool same_membership = pusher->seat == lease.seat && pusher->added_at == lease.added_at;
  if (!same_membership || !leases_.ClaimExpiry(lease, eviction.despite_heartbeats)) {
    return RoomChange{.room = *stored};
  }
  return Remove(stored, stored->dialect, lease.user_id, eviction.reason, now);
}

ExpiryOutcome RoomService::ExpireInactive(std::span<const InactiveRoom> rooms) {
  const TimePoint now = clock_.Now();
  std::vector<RoomUpdate> ends;
  ends.reserve(rooms.size());
  for (const InactiveRoom& room : rooms) {
    ends.push_back({.key = room.key, .edit = [&room, now](const Room* stored) {
                      return rules::ExpireInactiveRoom(stored, room.sequence, now);
                    }});
  }
  ExpiryOutcome outcome;
  for (const Result<RoomChange>& change : UpdateAll(std::move(ends))) {
    const bool gone = !change && change.error().code == Errc::kRoomNotFound;
    if (!change && !gone) {
      ++outcome.failed;
    } else if (gone || change->events.empty()) {
      ++outcome.skipped;
    } else {
      ++outcome.expired;
      LogEnd(*change);
    }
  }
  return outcome;
}

}  // namespace rtcroom
