// The times since which things issued to accounts are valid, in memory: checked wherever such a
// thing is accepted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The stored `AccountValidity` of each account that has one. It writes nothing: the caller stores
/// them. Those that other programs have stored are added as the store reports them.
///
/// @threads safe from any thread; while there are none, a check takes no lock.
class AccountValidities : public CommitListener {
 public:
  /// An earlier one of the account stays.
  void Put(const AccountValidity& validity) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override;

  /// Anything that was issued to the account before is refused.
  [[nodiscard]] TimePoint FirstValid(const UserId& account) const EXCLUDES(mutex_);

 private:
  std::atomic<std::size_t> size_{0};  ///< written with the lock held
  mutable Mutex mutex_;
  std::unordered_map<UserId, std::chrono::sys_seconds> valid_from_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
