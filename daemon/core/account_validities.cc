#include "daemon/core/account_validities.h"

#include <algorithm>

namespace rtcroom {

void AccountValidities::Put(const AccountValidity& validity) {
  const MutexLock lock(mutex_);
  std::chrono::sys_seconds& valid_from =
      valid_from_.try_emplace(validity.account, validity.valid_from).first->second;
  valid_from = std::max(valid_from, validity.valid_from);
  size_ = valid_from_.size();
}

void AccountValidities::OnCommit(const Committed& committed) noexcept {
  for (const AccountValidity& validity : committed.account_validities) Put(validity);
}

TimePoint AccountValidities::FirstValid(const UserId& account) const {
  if (size_ == 0) return {};
  const MutexLock lock(mutex_);
  const auto found = valid_from_.find(account);
  return found == valid_from_.end() ? TimePoint() : found->second + std::chrono::seconds(1);
}

}  // namespace rtcroom
