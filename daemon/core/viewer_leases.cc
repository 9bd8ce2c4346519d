#include "daemon/core/viewer_leases.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>
#include <variant>

namespace rtcroom {

void LapsedViewers::Put(LapsedViewer viewer) {
  const MutexLock lock(mutex_);
  const auto known = members_.find(LeaseTable::MemberOf(viewer.room, viewer.user_id));
  if (known != members_.end()) EraseLocked(known->second);
  ForgetOldLocked();
  absent_.push_back({.viewer = std::move(viewer)});
  const auto entry = std::prev(absent_.end());
  members_.emplace(LeaseTable::MemberOf(entry->viewer.room, entry->viewer.user_id), entry);
}

void LapsedViewers::ForgetOldLocked() {
  const MonotonicTime now = clock_.Monotonic();
  while (!absent_.empty() &&
         (members_.size() >= kMost || now - absent_.front().viewer.since > ttl_)) {
    EraseLocked(absent_.begin());
  }
}

void LapsedViewers::EraseLocked(Entries::iterator entry) {
  members_.erase(LeaseTable::MemberOf(entry->viewer.room, entry->viewer.user_id));
  (entry->is_wanted ? wanted_ : absent_).erase(entry);
}

void LapsedViewers::Remove(const RoomKey& room, const UserId& user_id) {
  const MutexLock lock(mutex_);
  const auto known = members_.find(LeaseTable::MemberOf(room, user_id));
  if (known != members_.end()) EraseLocked(known->second);
}

bool LapsedViewers::Want(const RoomKey& room, const UserId& user_id) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  const auto known = members_.find(LeaseTable::MemberOf(room, user_id));
  if (known == members_.end()) return false;
  const Entries::iterator entry = known->second;
  if (entry->is_wanted) return true;
  if (now - entry->viewer.since > ttl_) return false;
  entry->is_wanted = true;
  wanted_.splice(wanted_.end(), absent_, entry);
  return true;
}

std::vector<LapsedViewer> LapsedViewers::Absent() const {
  std::vector<LapsedViewer> absent;
  const MutexLock lock(mutex_);
  absent.reserve(absent_.size());
  for (const Entry& entry : absent_) {
    absent.push_back({.room = entry.viewer.room,
                      .dialect = entry.viewer.dialect,
                      .room_number = entry.viewer.room_number,
                      .user_id = entry.viewer.user_id,
                      .since = entry.viewer.since});
  }
  return absent;
}

std::vector<LapsedViewer> LapsedViewers::Wanted(std::size_t limit) const {
  std::vector<LapsedViewer> wanted;
  const MutexLock lock(mutex_);
  for (const Entry& entry : wanted_ | std::views::take(limit)) wanted.push_back(entry.viewer);
  return wanted;
}

bool LapsedViewers::IsWanted(const LapsedViewer& viewer) const {
  const MutexLock lock(mutex_);
  const auto known = members_.find(LeaseTable::MemberOf(viewer.room, viewer.user_id));
  return known != members_.end() && known->second->is_wanted &&
         known->second->viewer.room_number == viewer.room_number;
}

std::size_t LapsedViewers::size() const {
  const MutexLock lock(mutex_);
  return members_.size();
}

ViewerLeases::ViewerLeases(const Clock& clock, ViewerLeaseOptions options)
    : clock_(clock),
      options_(options),
      leases_(clock, options.timeout / 2, LeaseTable::RenewedBy::kHeartbeats, LeasesOf::kViewers),
      lapsed_(clock, options.return_within) {}

void ViewerLeases::OnCommit(const Committed& committed) noexcept {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  for (const StoredEvent& stored : committed.events) {
    const RoomEvent& event = stored.event;
    if (const auto* const added = std::get_if<AudienceAdded>(&event.payload)) {
      lapsed_.Remove(event.room, added->user_id);
    } else if (const auto* const left = std::get_if<AudienceDeleted>(&event.payload)) {
      if (left->reason != LeaveReason::kHeartbeatTimeout) continue;
      lapsed_.Put({.room = event.room,
                   .dialect = event.dialect,
                   .room_number = stored.room_number,
                   .user_id = left->user_id,
                   .user_info = left->user_info,
                   .since = now});
      // A sign that came during its removal, or at another node than the one that removed it and
      // was not reported yet.
      const std::optional<MonotonicTime> sign = leases_.LastBeatHere(event.room, left->user_id);
      if (sign && now - *sign < options_.timeout) (void)lapsed_.Want(event.room, left->user_id);
    }
  }
  leases_.OnCommit(committed);
}

bool ViewerLeases::OnSign(const RoomKey& room, const UserId& user_id) {
  const MutexLock lock(mutex_);
  return leases_.Touch(room, std::nullopt, user_id) || lapsed_.Want(room, user_id);
}

}  // namespace rtcroom
