#include "daemon/core/ban_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rtcroom {

Result<std::optional<TimePoint>> BanList::Put(const Ban& ban) {
  const MutexLock lock(mutex_);
  Rooms& rooms = bans_[{.kind = ban.room.kind, .user_id = ban.user_id}];
  const auto found = rooms.find(ban.room.id);
  if (found != rooms.end()) {
    const Term before = std::exchange(found->second, TermOf(ban.until));
    ++puts_;
    return std::optional(before.until);
  }
  if (size_ >= kMaxBans) {
    if (rooms.empty()) bans_.erase({.kind = ban.room.kind, .user_id = ban.user_id});
    return Error{Errc::kUnavailable, "there are too many bans"};
  }
  rooms.emplace(ban.room.id, TermOf(ban.until));
  ++size_;
  ++puts_;
  return std::optional<TimePoint>();
}

void BanList::Restore(const Ban& ban, const std::optional<TimePoint>& before) {
  const MutexLock lock(mutex_);
  const auto found = bans_.find({.kind = ban.room.kind, .user_id = ban.user_id});
  if (found == bans_.end()) return;
  Rooms& rooms = found->second;
  const auto stored = rooms.find(ban.room.id);
  if (stored == rooms.end() || stored->second.until != ban.until) return;
  if (before) {
    stored->second = TermOf(*before);
    return;
  }
  rooms.erase(stored);
  --size_;
  if (rooms.empty()) bans_.erase(found);
}

bool BanList::IsBanned(const RoomKey& room, const UserId& user_id) const {
  if (size_ == 0) return false;
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  const auto found = bans_.find({.kind = room.kind, .user_id = user_id});
  if (found == bans_.end()) return false;
  const auto ban = found->second.find(room.id);
  return ban != found->second.end() && ban->second.ends > now;
}

bool BanList::IsBannedSomewhere(RoomKind kind, const UserId& user_id) const {
  if (size_ == 0) return false;
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  const auto found = bans_.find({.kind = kind, .user_id = user_id});
  if (found == bans_.end()) return false;
  return std::ranges::any_of(found->second,
                             [now](const auto& ban) { return ban.second.ends > now; });
}

std::size_t BanList::RemoveEnded() {
  if (size_ == 0) return 0;
  const TimePoint now = clock_.Now();
  std::size_t removed = 0;
  const MutexLock lock(mutex_);
  for (auto banned = bans_.begin(); banned != bans_.end();) {
    Rooms& rooms = banned->second;
    removed += std::erase_if(rooms, [now](const auto& ban) { return ban.second.ends <= now; });
    banned = rooms.empty() ? bans_.erase(banned) : std::next(banned);
  }
  size_ -= removed;
  return removed;
}

}  // namespace rtcroom
