#include "daemon/core/ended_login_list.h"

#include <iterator>

namespace rtcroom {

bool EndedLoginList::Put(const EndedLogin& login) {
  const MutexLock lock(mutex_);
  const Value* const of_all = OfAllLocked(login.account);
  if (login.IsOfAllBefore()) {
    if (of_all != nullptr && of_all->logged_in >= login.logged_in) return false;
    if (of_all != nullptr) EraseLocked(logins_.find({login.account, 0}));
    EraseCoveredLocked(login.account, login.logged_in);
  } else if (of_all != nullptr && of_all->logged_in > login.logged_in) {
    return false;
  }
  const auto [place, is_new] = logins_.try_emplace(
      {login.account, login.instance},
      Value{.logged_in = login.logged_in, .expires = login.expires, .end = login.end});
  if (!is_new) return false;
  by_end_.emplace(login.expires, &place->first);
  if (logins_.size() > capacity_) {
    EraseFirstLocked();
    ++dropped_;
  }
  size_ = logins_.size();
  return true;
}

void EndedLoginList::OnCommit(const Committed& committed) noexcept {
  for (const EndedLogin& login : committed.ended_logins) Put(login);
}

std::optional<LoginEnd> EndedLoginList::Find(const UserId& account, std::uint64_t instance,
                                             TimePoint logged_in) const {
  if (size_ == 0) return std::nullopt;
  const MutexLock lock(mutex_);
  const auto found = logins_.find({account, instance});
  if (found != logins_.end()) return found->second.end;
  const Value* const of_all = OfAllLocked(account);
  if (of_all == nullptr || logged_in >= of_all->logged_in) return std::nullopt;
  return of_all->end;
}

TimePoint EndedLoginList::EndedBefore(const UserId& account) const {
  if (size_ == 0) return {};
  const MutexLock lock(mutex_);
  const Value* const of_all = OfAllLocked(account);
  return of_all == nullptr ? TimePoint() : of_all->logged_in;
}

std::size_t EndedLoginList::CountSingle(const UserId& account) const {
  if (size_ == 0) return 0;
  std::size_t count = 0;
  const MutexLock lock(mutex_);
  for (auto at = logins_.lower_bound({account, 1}); at != logins_.end(); ++at) {
    if (at->first.first != account) break;
    ++count;
  }
  return count;
}

std::size_t EndedLoginList::RemoveEnded(TimePoint now) {
  if (size_ == 0) return 0;
  std::size_t removed = 0;
  const MutexLock lock(mutex_);
  for (; !by_end_.empty() && by_end_.begin()->first <= now; ++removed) EraseFirstLocked();
  size_ = logins_.size();
  return removed;
}

const EndedLoginList::Value* EndedLoginList::OfAllLocked(const UserId& account) const {
  const auto found = logins_.find({account, 0});
  return found == logins_.end() ? nullptr : &found->second;
}

void EndedLoginList::EraseCoveredLocked(const UserId& account, TimePoint before) {
  auto at = logins_.lower_bound({account, 1});
  while (at != logins_.end() && at->first.first == account) {
    at = at->second.logged_in < before ? EraseLocked(at) : std::next(at);
  }
}

EndedLoginList::Logins::iterator EndedLoginList::EraseLocked(Logins::iterator login) {
  by_end_.erase({login->second.expires, &login->first});
  return logins_.erase(login);
}

void EndedLoginList::EraseFirstLocked() {
  const Key* const first = by_end_.begin()->second;
  by_end_.erase(by_end_.begin());
  logins_.erase(logins_.find(*first));
}

}  // namespace rtcroom
