#include "daemon/core/ban_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rtcroom {

Result<std::optional<TimePoint>> BanList::Put(const Ban& ban) {
  const MutexLock lock(mutex_);
  const auto user = bans_.find({.kind = ban.room.kind, .user_id = ban.user_id});
  if (user != bans_.end()) {
    const auto found = user->second.find(ban.room.id);
    if (found != user->second.end()) {
      const TimePoint before = std::exchange(found->second, ban.until);
      ++puts_;
      return std::optional(before);
    }
  }
  if (size_ >= kMaxBans) return Error{Errc::kUnavailable, "there are too many bans"};
  RoomsOfLocked({.kind = ban.room.kind, .user_id = ban.user_id}).emplace(ban.room.id, ban.until);
  ++size_;
  ++puts_;
  return std::optional<TimePoint>();
}

void BanList::OnCommit(const Committed& committed) noexcept {
  for (const Ban& ban : committed.bans) {
    if (!Put(ban)) ++dropped_;
  }
}

void BanList::Restore(const Ban& ban, const std::optional<TimePoint>& before) {
  const MutexLock lock(mutex_);
  const auto found = bans_.find({.kind = ban.room.kind, .user_id = ban.user_id});
  if (found == bans_.end()) return;
  Rooms& rooms = found->second;
  const auto stored = rooms.find(ban.room.id);
  if (stored == rooms.end() || stored->second != ban.until) return;
  if (before) {
    stored->second = *before;
    return;
  }
  rooms.erase(stored);
  --size_;
  if (rooms.empty()) EraseLocked(found);
}

bool BanList::IsBanned(const RoomKey& room, const UserId& user_id) const {
  if (size_ == 0) return false;
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  const auto found = bans_.find({.kind = room.kind, .user_id = user_id});
  if (found == bans_.end()) return false;
  const auto ban = found->second.find(room.id);
  return ban != found->second.end() && ban->second > now;
}

bool BanList::IsBannedSomewhere(RoomKind kind, const UserId& user_id) const {
  if (size_ == 0) return false;
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  return IsBannedLocked(kind, user_id, now);
}

bool BanList::IsStreamBanned(std::string_view stream) const {
  if (size_ == 0) return false;
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  auto user = users_.find(stream);
  if (user == users_.end()) user = users_.find(BaseOfStream(stream));
  if (user == users_.end()) return false;
  for (const RoomKind kind : kAllRoomKinds) {
    const bool has_push_urls = kind != RoomKind::kWebrtc;
    if (has_push_urls && IsBannedLocked(kind, user->second, now)) return true;
  }
  return false;
}

BanList::Rooms& BanList::RoomsOfLocked(const Banned& banned) {
  users_.try_emplace(streams_.StreamName(banned.user_id), banned.user_id);
  return bans_[banned];
}

bool BanList::IsBannedLocked(RoomKind kind, const UserId& user_id, TimePoint now) const {
  const auto found = bans_.find({.kind = kind, .user_id = user_id});
  if (found == bans_.end()) return false;
  return std::ranges::any_of(found->second, [now](const auto& ban) { return ban.second > now; });
}

BanList::Bans::iterator BanList::EraseLocked(Bans::iterator banned) {
  const UserId user_id = banned->first.user_id;
  const auto next = bans_.erase(banned);
  for (const RoomKind kind : kAllRoomKinds) {
    if (bans_.contains({.kind = kind, .user_id = user_id})) return next;
  }
  users_.erase(streams_.StreamName(user_id));
  return next;
}

std::size_t BanList::RemoveEnded(TimePoint now) {
  if (size_ == 0) return 0;
  std::size_t removed = 0;
  const MutexLock lock(mutex_);
  for (auto banned = bans_.begin(); banned != bans_.end();) {
    Rooms& rooms = banned->second;
    removed += std::erase_if(rooms, [now](const auto& ban) { return ban.second <= now; });
    banned = rooms.empty() ? EraseLocked(banned) : std::next(banned);
  }
  size_ -= removed;
  return removed;
}

}  // namespace rtcroom
