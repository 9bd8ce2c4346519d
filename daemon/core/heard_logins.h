// Logins to the message channel at all servers on the store, until they are taken.
#pragma once

#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"

namespace rtcroom {

/// @threads safe from any thread.
class HeardLogins : public CommitListener {
 public:
  /// @param are_taken  whether anybody calls `Take`.
  explicit HeardLogins(bool are_taken = true) : are_taken_(are_taken) {}

  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_) {
    const bool has_any = !committed.account_logins.empty() || !committed.account_validities.empty();
    if (!are_taken_ || !has_any) return;
    const MutexLock lock(mutex_);
    logins_.insert(logins_.end(), committed.account_logins.begin(), committed.account_logins.end());
    validities_.insert(validities_.end(), committed.account_validities.begin(),
                       committed.account_validities.end());
  }

  /// The logins are in the store's order.
  std::vector<AccountLogin> Take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(logins_, {});
  }
  /// The times since which accounts are valid whose logins were ended.
  std::vector<AccountValidity> TakeValidities() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(validities_, {});
  }

 private:
  const bool are_taken_;
  Mutex mutex_;
  std::vector<AccountLogin> logins_ GUARDED_BY(mutex_);
  std::vector<AccountValidity> validities_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
