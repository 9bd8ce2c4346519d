// Stores how much the logins have received, later and together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <tuple>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/account_store.h"

namespace rtcroom {

/// If the process ends before a row is stored, the client gets the messages after it twice.
///
/// @threads safe from any thread. No lock is held while the store is used.
class AccountGroupSaver {
 public:
  /// Beyond it none is taken until the next `Save`.
  static constexpr std::size_t kMaxWaiting = 100'000;

  explicit AccountGroupSaver(AccountStore& groups) : groups_(groups) {}

  /// Stores the row with the next `Save`, if no later one of the same login and group comes.
  void Add(const AccountGroupChange& change) EXCLUDES(mutex_);
  /// Removes rows now, and forgets what waits of them. What is being saved meanwhile comes back,
  /// but for the progress of a row.
  /// @errors as `AccountStore`.
  Status Remove(std::span<const AccountGroup> groups) EXCLUDES(mutex_);
  /// @errors as `AccountStore`; what is not stored waits for the next call.
  Status Save() EXCLUDES(mutex_);

 private:
  using Key = std::tuple<std::uint64_t, std::uint64_t, UserId>;  ///< instance, room, account
  static Key KeyOf(const AccountGroup& group) {
    return {group.instance, group.room_number, group.account};
  }

  AccountStore& groups_;
  Mutex mutex_;
  std::map<Key, AccountGroupChange> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
