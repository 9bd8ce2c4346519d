#include "daemon/core/revocation_list.h"

namespace rtcroom {

void RevocationList::Put(const Revocation& revocation) {
  const MutexLock lock(mutex_);
  const auto [place, is_new] = ends_.try_emplace(revocation.stream, revocation.until);
  if (!is_new) {
    if (place->second >= revocation.until) return;
    by_end_.erase({place->second, place->first});
    place->second = revocation.until;
  }
  by_end_.emplace(place->second, place->first);
  if (ends_.size() > kMaxRevocations) {
    const auto dropped = ends_.find(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
    ends_.erase(dropped);
    ++dropped_;
  }
  size_ = ends_.size();
}

void RevocationList::OnCommit(const Committed& committed) noexcept {
  for (const Revocation& revocation : committed.revocations) Put(revocation);
}

std::optional<TimePoint> RevocationList::RevokedUntil(std::string_view stream) const {
  if (size_ == 0) return std::nullopt;
  const MutexLock lock(mutex_);
  const auto found = ends_.find(stream);
  if (found == ends_.end()) return std::nullopt;
  return found->second;
}

std::size_t RevocationList::RemoveEnded(TimePoint now) {
  if (size_ == 0) return 0;
  std::size_t removed = 0;
  const MutexLock lock(mutex_);
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    const auto found = ends_.find(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
    ends_.erase(found);
    ++removed;
  }
  size_ = ends_.size();
  return removed;
}

}  // namespace rtcroom
