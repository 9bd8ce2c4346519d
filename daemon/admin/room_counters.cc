#include "daemon/admin/room_counters.h"

#include <variant>

namespace rtcroom {

void RoomCounters::Restore(const Room& room) {
  const MutexLock lock(mutex_);
  counts_.pushers.at(RoomKindIndex(room.key.kind)) += room.pushers.size();
  RecordAudienceLocked(room, room.audience_count);
}

void RoomCounters::OnCommit(std::span<const RoomChange> changes) noexcept {
  const MutexLock lock(mutex_);
  for (const RoomChange& change : changes) {
    for (const RoomEvent& event : change.events) CountLocked(event);
    // Not counted from events: a viewer that changes its info produces the same event as one that
    // joins.
    RecordAudienceLocked(change.room, change.closed ? 0 : change.room.audience_count);
  }
}

void RoomCounters::CountLocked(const RoomEvent& event) {
  const std::size_t kind = RoomKindIndex(event.room.kind);
  const EventPayload& payload = event.payload;
  Evictions& evictions = counts_.evictions;
  if (std::holds_alternative<RoomCreated>(payload)) {
    ++counts_.created.at(kind);
  } else if (std::holds_alternative<PusherAdded>(payload)) {
    ++counts_.pushers.at(kind);
  } else if (const auto* deleted = std::get_if<PusherDeleted>(&payload)) {
    --counts_.pushers.at(kind);
    if (deleted->reason == LeaveReason::kHeartbeatTimeout) ++evictions.heartbeat_timeout;
    if (deleted->reason == LeaveReason::kStreamInterrupted) ++evictions.stream_interrupted;
    if (deleted->reason == LeaveReason::kKicked) ++evictions.kicked;
  } else if (const auto* destroyed = std::get_if<RoomDestroyed>(&payload)) {
    ++counts_.ended.at(kind);
    if (destroyed->reason == EndReason::kIdle) ++evictions.idle;
    if (destroyed->reason == EndReason::kDismissed) ++evictions.dismissed;
  }
}

void RoomCounters::RecordAudienceLocked(const Room& room, std::uint64_t audience) {
  std::uint64_t& total = counts_.audiences.at(RoomKindIndex(room.key.kind));
  const auto known = audiences_.find(room.sequence);
  if (known != audiences_.end()) total -= known->second;
  total += audience;
  if (audience > 0) {
    audiences_.insert_or_assign(room.sequence, audience);
  } else if (known != audiences_.end()) {
    audiences_.erase(known);
  }
}

RoomCounts RoomCounters::snapshot() const {
  const MutexLock lock(mutex_);
  return counts_;
}

}  // namespace rtcroom
