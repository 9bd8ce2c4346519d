#include "daemon/core/seated_users.h"

#include <variant>

namespace rtcroom {
namespace {

constexpr std::size_t IndexOf(Dialect dialect) { return dialect == Dialect::kGen1 ? 0 : 1; }

}  // namespace

void SeatedUsers::Restore(const Room& room) {
  const MutexLock lock(mutex_);
  for (const Pusher& pusher : room.pushers) AddLocked(pusher.user_id, room.dialect);
}

void SeatedUsers::OnCommit(const Committed& committed) noexcept {
  const MutexLock lock(mutex_);
  for (const StoredEvent& stored : committed.events) {
    const RoomEvent& event = stored.event;
    if (const auto* const added = std::get_if<PusherAdded>(&event.payload)) {
      AddLocked(added->user_id, event.dialect);
    } else if (const auto* const deleted = std::get_if<PusherDeleted>(&event.payload)) {
      RemoveLocked(deleted->user_id, event.dialect);
    }
  }
}

void SeatedUsers::AddLocked(const UserId& user_id, Dialect dialect) {
  ++seats_[user_id].at(IndexOf(dialect));
}

void SeatedUsers::RemoveLocked(const UserId& user_id, Dialect dialect) {
  const auto seated = seats_.find(user_id);
  if (seated == seats_.end()) return;
  std::size_t& seats = seated->second.at(IndexOf(dialect));
  if (seats > 0) --seats;
  if (seated->second == Seats{}) seats_.erase(seated);
}

bool SeatedUsers::HasSeat(const UserId& user_id, RoomReach reach) const {
  const MutexLock lock(mutex_);
  const auto seated = seats_.find(user_id);
  if (seated == seats_.end()) return false;
  return reach == RoomReach::kAll || seated->second.at(IndexOf(Dialect::kGen1)) > 0;
}

}  // namespace rtcroom
