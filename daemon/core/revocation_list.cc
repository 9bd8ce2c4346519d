#include "daemon/core/revocation_list.h"

namespace rtcroom {

void RevocationList::Put(const Revocation& revocation) {
  const MutexLock lock(mutex_);
  const auto [place, is_new] = terms_.try_emplace(revocation.stream);
  Term& term = place->second;
  if (!is_new) {
    if (term.until >= revocation.until) return;
    by_end_.erase({term.until, place->first});
  }
  term = {.until = revocation.until, .ends = revocation.until - clock_.WallIsAhead()};
  by_end_.emplace(term.until, place->first);
  if (terms_.size() > kMaxRevocations) {
    const auto dropped = terms_.find(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
    terms_.erase(dropped);
    ++dropped_;
  }
  size_ = terms_.size();
}

void RevocationList::OnCommit(const Committed& committed) noexcept {
  for (const Revocation& revocation : committed.revocations) Put(revocation);
}

std::optional<TimePoint> RevocationList::RevokedUntil(std::string_view stream) const {
  if (size_ == 0) return std::nullopt;
  const MutexLock lock(mutex_);
  const auto found = terms_.find(stream);
  if (found == terms_.end()) return std::nullopt;
  return found->second.until;
}

std::size_t RevocationList::RemoveEnded() {
  if (size_ == 0) return 0;
  const TimePoint now = clock_.Now();
  // While the wall clock is behind, the signatures have not expired yet.
  const TimePoint wall = now + clock_.WallIsAhead();
  std::size_t removed = 0;
  const MutexLock lock(mutex_);
  for (auto next = by_end_.begin(); next != by_end_.end() && next->first <= wall;) {
    const auto found = terms_.find(next->second);
    if (found->second.ends > now) {
      ++next;
      continue;
    }
    next = by_end_.erase(next);
    terms_.erase(found);
    ++removed;
  }
  size_ = terms_.size();
  return removed;
}

}  // namespace rtcroom
