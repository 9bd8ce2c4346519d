#include "storage/memory/memory_bans.h"

#include <algorithm>

namespace rtcroom {

void MemoryBans::PutWithRoom(const std::optional<Ban>& ban,
                             std::span<const Revocation> revocations) {
  if (ban) bans_[{ban->room, ban->user_id}] = ban->until;
  for (const Revocation& revocation : revocations) {
    TimePoint& until = revocations_.try_emplace(revocation.stream, revocation.until).first->second;
    until = std::max(until, revocation.until);
  }
}

Result<std::vector<Ban>> MemoryBans::LoadBans(TimePoint now) {
  std::vector<Ban> bans;
  const MutexLock lock(engine_.mutex);
  for (const auto& [whom, until] : bans_) {
    if (until > now) bans.push_back({.room = whom.first, .user_id = whom.second, .until = until});
  }
  return bans;
}

Status MemoryBans::PutBan(const Ban& ban) {
  const MutexLock lock(engine_.mutex);
  bans_[{ban.room, ban.user_id}] = ban.until;
  engine_.listener.OnCommit({});
  return {};
}

Status MemoryBans::RemoveEndedBans(TimePoint now) {
  const MutexLock lock(engine_.mutex);
  engine_.MarkRemoval(
      now, std::erase_if(bans_, [now](const auto& entry) { return entry.second <= now; }));
  return {};
}

Result<std::vector<Revocation>> MemoryBans::LoadRevocations(TimePoint now) {
  std::vector<Revocation> revocations;
  const MutexLock lock(engine_.mutex);
  for (const auto& [stream, until] : revocations_) {
    if (until > now) revocations.push_back({.stream = stream, .until = until});
  }
  return revocations;
}

Status MemoryBans::RemoveEndedRevocations(TimePoint now) {
  const MutexLock lock(engine_.mutex);
  engine_.MarkRemoval(
      now, std::erase_if(revocations_, [now](const auto& entry) { return entry.second <= now; }));
  return {};
}

}  // namespace rtcroom
