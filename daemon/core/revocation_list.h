// Revocations in memory, checked on every callback of a media server.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/commit_listener.h"

namespace rtcroom {

/// The stored revocations, in memory. A revocation ends when the signatures that it voids have
/// expired.
///
/// @threads safe from any thread; while there are no revocations, a check takes no lock.
class RevocationList : public CommitListener {
 public:
  /// Maximum number of revoked streams. Beyond it the revocation that ends first is dropped.
  static constexpr std::size_t kMaxRevocations = 100'000;

  /// Adds a stored revocation. Of several of one stream the latest end counts.
  void Put(const Revocation& revocation) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override;

  /// The push URLs of the stream that expire by that time are revoked; nullopt: none is.
  [[nodiscard]] std::optional<TimePoint> RevokedUntil(std::string_view stream) const
      EXCLUDES(mutex_);

  /// Removes those that ended at `now` or before. @param now  of the `RemovalClock`.
  /// @return how many.
  std::size_t RemoveEnded(TimePoint now) EXCLUDES(mutex_);

  /// How many were dropped since the last call because there were too many.
  std::size_t TakeDropped() { return dropped_.exchange(0); }

 private:
  std::atomic<std::size_t> size_{0};     ///< written with the lock held
  std::atomic<std::size_t> dropped_{0};  ///< written with the lock held
  mutable Mutex mutex_;
  /// Ends by stream.
  std::unordered_map<std::string, TimePoint, NameHash, std::equal_to<>> ends_ GUARDED_BY(mutex_);
  /// The names are those of `ends_`.
  std::set<std::pair<TimePoint, std::string_view>> by_end_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
