#include "daemon/core/inactive_rooms.h"

#include <algorithm>
#include <iterator>
#include <variant>

namespace rtcroom {

InactiveRooms::InactiveRooms(const Clock& clock, std::chrono::milliseconds ttl)
    : clock_(clock), ttl_(ttl), grace_from_(clock.Monotonic()) {}

void InactiveRooms::Restore(const Room& room) {
  if (room.IsActive() || IsCreatedGroup(room)) return;
  const MutexLock lock(mutex_);
  AddLocked({.key = room.key, .sequence = room.sequence});
}

void InactiveRooms::OnCommit(const Committed& committed) noexcept {
  const MutexLock lock(mutex_);
  for (const auto& [position, room_number, event] : committed.events) {
    if (const auto* const created = std::get_if<RoomCreated>(&event.payload)) {
      if (!created->is_group) AddLocked({.key = event.room, .sequence = room_number});
    } else if (std::holds_alternative<PusherAdded>(event.payload) ||
               std::holds_alternative<RoomDestroyed>(event.payload)) {
      RemoveLocked(room_number);
    }
  }
}

void InactiveRooms::AddLocked(const InactiveRoom& room) {
  if (by_sequence_.contains(room.sequence)) return;
  order_.push_back({.room = room, .since = clock_.Monotonic()});
  by_sequence_.emplace(room.sequence, std::prev(order_.end()));
}

void InactiveRooms::RemoveLocked(std::uint64_t sequence) {
  const auto found = by_sequence_.find(sequence);
  if (found == by_sequence_.end()) return;
  order_.erase(found->second);
  by_sequence_.erase(found);
}

std::vector<InactiveRoom> InactiveRooms::Overdue(std::size_t limit, MonotonicTime as_of) const {
  std::vector<InactiveRoom> overdue;
  const MutexLock lock(mutex_);
  for (const Waiting& waiting : order_) {
    const bool is_over = std::max(waiting.since, grace_from_) + ttl_ < as_of;
    if (!is_over || overdue.size() == limit) break;
    overdue.push_back(waiting.room);
  }
  return overdue;
}

void InactiveRooms::GraceForAll() {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  grace_from_ = now;
}

std::size_t InactiveRooms::size() const {
  const MutexLock lock(mutex_);
  return order_.size();
}

}  // namespace rtcroom
