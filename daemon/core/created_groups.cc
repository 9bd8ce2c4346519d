#include "daemon/core/created_groups.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace rtcroom {

void CreatedGroups::Restore(const Room& room) {
  if (!IsCreatedGroup(room) || room.IsActive()) return;
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  AddLocked(room.sequence, {.room = room.key, .creator = room.creator, .used_at = now});
}

void CreatedGroups::OnCommit(const Committed& committed) noexcept {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  for (const auto& [position, room_number, event] : committed.events) {
    if (const auto* const created = std::get_if<RoomCreated>(&event.payload)) {
      if (!created->is_group) continue;
      AddLocked(room_number, {.room = event.room, .creator = created->creator, .used_at = now});
    } else if (std::holds_alternative<PusherAdded>(event.payload) ||
               std::holds_alternative<RoomDestroyed>(event.payload)) {
      RemoveLocked(room_number);
    }
  }
}

void CreatedGroups::AddLocked(std::uint64_t room_number, Group group) {
  const auto [added, is_new] = groups_.try_emplace(room_number, std::move(group));
  if (is_new) ++of_account_[added->second.creator];
}

void CreatedGroups::RemoveLocked(std::uint64_t room_number) {
  const auto found = groups_.find(room_number);
  if (found == groups_.end()) return;
  const auto account = of_account_.find(found->second.creator);
  if (--account->second == 0) of_account_.erase(account);
  used_here_.erase(room_number);
  groups_.erase(found);
}

bool CreatedGroups::HasMost(const UserId& creator) const {
  const MutexLock lock(mutex_);
  const auto found = of_account_.find(creator);
  return found != of_account_.end() && found->second >= kMostOfAccount;
}

void CreatedGroups::Use(std::uint64_t room_number) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  UseLocked(room_number, now);
}

void CreatedGroups::UseLocked(std::uint64_t room_number, MonotonicTime now) {
  const auto found = groups_.find(room_number);
  if (found == groups_.end()) return;
  found->second.used_at = std::max(found->second.used_at, now);
  used_here_.insert(room_number);
}

void CreatedGroups::UseByReport(std::uint64_t room_number, std::chrono::milliseconds ago) {
  const MonotonicTime at = clock_.Monotonic() - ago;
  const MutexLock lock(mutex_);
  const auto found = groups_.find(room_number);
  if (found != groups_.end()) found->second.used_at = std::max(found->second.used_at, at);
}

std::vector<InactiveRoom> CreatedGroups::FindIdle(const std::function<bool(std::uint64_t)>& is_used,
                                                  std::size_t limit) {
  std::vector<std::uint64_t> rooms;
  {
    const MutexLock lock(mutex_);
    rooms.reserve(groups_.size());
    for (const auto& [room_number, group] : groups_) rooms.push_back(room_number);
  }
  // It takes locks of others, for which no commit should wait.
  std::erase_if(rooms, [&](std::uint64_t room_number) { return !is_used(room_number); });
  std::vector<InactiveRoom> idle;
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  for (const std::uint64_t room_number : rooms) UseLocked(room_number, now);
  for (const auto& [room_number, group] : groups_) {
    if (idle.size() == limit) break;
    if (std::max(group.used_at, grace_from_) + idle_ >= now) continue;
    idle.push_back({.key = group.room, .sequence = room_number});
  }
  return idle;
}

HeardBeats CreatedGroups::TakeUses() {
  const MutexLock lock(mutex_);
  HeardBeats uses{.as_of = clock_.Monotonic()};
  for (const std::uint64_t room_number : used_here_) {
    const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(
        uses.as_of - groups_.at(room_number).used_at);
    uses.beats.push_back(
        {.seat = {.room_number = room_number}, .age = std::max(ago, std::chrono::milliseconds(0))});
  }
  used_here_.clear();
  return uses;
}

void CreatedGroups::GraceForAll() {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  grace_from_ = now;
}

std::size_t CreatedGroups::size() const {
  const MutexLock lock(mutex_);
  return groups_.size();
}

}  // namespace rtcroom
