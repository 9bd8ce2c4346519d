#include "daemon/admin/room_counters.h"

#include <algorithm>
#include <limits>
#include <variant>

namespace rtcroom {

void RoomCounters::Restore(const Room& room) {
  const MutexLock lock(mutex_);
  const std::size_t kind = RoomKindIndex(room.key.kind);
  counts_.pushers.at(kind) += room.pushers.size();
  counts_.audiences.at(kind) += room.audience_count;
  if (room.audience_count > 0) audiences_[room.sequence] = room.audience_count;
}

void RoomCounters::OnCommit(const Committed& committed) noexcept {
  const MutexLock lock(mutex_);
  for (const StoredEvent& stored : committed.events) CountLocked(stored);
}

void RoomCounters::CountLocked(const StoredEvent& stored) {
  const RoomKind of_room = stored.event.room.kind;
  const std::size_t kind = RoomKindIndex(of_room);
  const EventPayload& payload = stored.event.payload;
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
  } else if (const auto* added = std::get_if<AudienceAdded>(&payload)) {
    if (!added->is_new) return;
    ++counts_.audiences.at(kind);
    ++audiences_[stored.room_number];
  } else if (std::holds_alternative<AudienceDeleted>(payload)) {
    RemoveAudienceLocked(of_room, stored.room_number, 1);
  } else if (const auto* destroyed = std::get_if<RoomDestroyed>(&payload)) {
    ++counts_.ended.at(kind);
    if (destroyed->reason == EndReason::kIdle) ++evictions.idle;
    if (destroyed->reason == EndReason::kDismissed) ++evictions.dismissed;
    RemoveAudienceLocked(of_room, stored.room_number, std::numeric_limits<std::uint64_t>::max());
  }
}

void RoomCounters::RemoveAudienceLocked(RoomKind kind, std::uint64_t room_number,
                                        std::uint64_t count) {
  const auto known = audiences_.find(room_number);
  if (known == audiences_.end()) return;
  const std::uint64_t removed = std::min(count, known->second);
  counts_.audiences.at(RoomKindIndex(kind)) -= removed;
  known->second -= removed;
  if (known->second == 0) audiences_.erase(known);
}

RoomCounts RoomCounters::snapshot() const {
  const MutexLock lock(mutex_);
  return counts_;
}

}  // namespace rtcroom
