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
#include "daemon/base/steady_wall_clock.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/revocation_store.h"

namespace rtcroom {

/// The stored revocations that have not ended, in memory. A revocation ends when the signatures
/// that it voids have expired by the wall clock, but setting the clock forward while the process
/// runs ends none.
///
/// @threads safe from any thread; while there are no revocations, a check takes no lock.
class RevocationList : public CommitListener {
 public:
  /// Maximum number of revoked streams. Beyond it the revocation that ends first is dropped.
  static constexpr std::size_t kMaxRevocations = 100'000;

  explicit RevocationList(const Clock& clock) : clock_(clock) {}

  /// Adds a stored revocation. Of several of one stream the latest end counts.
  void Put(const Revocation& revocation) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override;

  /// The push URLs of the stream that expire by that time are revoked; nullopt: none is.
  [[nodiscard]] std::optional<TimePoint> RevokedUntil(std::string_view stream) const
      EXCLUDES(mutex_);

  /// Removes ended revocations.
  /// @return how many.
  std::size_t RemoveEnded() EXCLUDES(mutex_);

  /// How many were dropped since the last call because there were too many.
  std::size_t TakeDropped() { return dropped_.exchange(0); }

 private:
  struct Term {
    TimePoint until{};  ///< as it was put
    TimePoint ends{};   ///< by `clock_`
  };

  const SteadyWallClock clock_;
  std::atomic<std::size_t> size_{0};     ///< written with the lock held
  std::atomic<std::size_t> dropped_{0};  ///< likewise
  mutable Mutex mutex_;
  std::unordered_map<std::string, Term, NameHash, std::equal_to<>> terms_ GUARDED_BY(mutex_);
  /// `until` and stream of each; the names are those of `terms_`.
  std::set<std::pair<TimePoint, std::string_view>> by_end_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
