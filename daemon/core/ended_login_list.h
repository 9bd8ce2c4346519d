// Ended logins in memory, checked on every call of the message channel.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The stored ends of logins, in memory. It writes nothing: the caller stores them. Ends that other
/// programs have stored are added as the store reports them.
///
/// @threads safe from any thread; while there are none, a check takes no lock.
class EndedLoginList : public CommitListener {
 public:
  /// Maximum number. Beyond it the one that may be removed first is dropped.
  static constexpr std::size_t kMaxEndedLogins = 500'000;

  explicit EndedLoginList(std::size_t capacity = kMaxEndedLogins) : capacity_(capacity) {}

  /// Keeps what `EndedLoginStore::PutEndedLogins` would keep.
  /// @return false when it was there, or one of all logins covers it.
  bool Put(const EndedLogin& login) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override;

  /// How that login has ended; nullopt: it has not.
  [[nodiscard]] std::optional<LoginEnd> Find(const UserId& account, std::uint64_t instance,
                                             TimePoint logged_in) const EXCLUDES(mutex_);
  /// All logins of the account that began before have ended.
  [[nodiscard]] TimePoint EndedBefore(const UserId& account) const EXCLUDES(mutex_);
  /// How many logins of the account have ended one by one.
  [[nodiscard]] std::size_t CountSingle(const UserId& account) const EXCLUDES(mutex_);

  /// Removes those that expired at `now` or before. @param now  of the `RemovalClock`.
  /// @return how many.
  std::size_t RemoveEnded(TimePoint now) EXCLUDES(mutex_);

  /// How many were dropped since the last call because there were too many.
  std::size_t TakeDropped() { return dropped_.exchange(0); }

 private:
  using Key = std::pair<UserId, std::uint64_t>;  ///< account and instance
  struct Value {
    TimePoint logged_in{};
    TimePoint expires{};
    LoginEnd end{};
  };
  using Logins = std::map<Key, Value>;

  /// Null: of none.
  [[nodiscard]] const Value* OfAllLocked(const UserId& account) const REQUIRES(mutex_);
  /// Erases the single logins of the account that began before.
  void EraseCoveredLocked(const UserId& account, TimePoint before) REQUIRES(mutex_);
  Logins::iterator EraseLocked(Logins::iterator login) REQUIRES(mutex_);
  void EraseFirstLocked() REQUIRES(mutex_);

  const std::size_t capacity_;
  std::atomic<std::size_t> size_{0};     ///< written with the lock held
  std::atomic<std::size_t> dropped_{0};  ///< written with the lock held
  mutable Mutex mutex_;
  Logins logins_ GUARDED_BY(mutex_);
  /// Expiries, with the keys in `logins_`.
  std::set<std::pair<TimePoint, const Key*>> by_end_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
