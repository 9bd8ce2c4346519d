// Bans in memory, checked on every request.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/steady_wall_clock.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The bans in force, in memory. It writes nothing: the caller persists the ban. Setting the wall
/// clock neither ends nor extends a ban while the process runs.
///
/// @threads safe from any thread; while there are no bans, a check takes no lock.
class BanList {
 public:
  /// Maximum number of bans.
  static constexpr std::size_t kMaxBans = 100'000;

  explicit BanList(const Clock& clock) : clock_(clock) {}

  /// Replaces the ban of the same room and user.
  /// @return the end of the replaced ban.
  /// @errors kUnavailable when there are too many.
  Result<std::optional<TimePoint>> Put(const Ban& ban) EXCLUDES(mutex_);
  /// Undoes `Put`: `before` is its return value. A newer ban of the same key stays.
  void Restore(const Ban& ban, const std::optional<TimePoint>& before) EXCLUDES(mutex_);

  [[nodiscard]] bool IsBanned(const RoomKey& room, const UserId& user_id) const EXCLUDES(mutex_);
  /// Whether the user is banned from some room of that kind.
  [[nodiscard]] bool IsBannedSomewhere(RoomKind kind, const UserId& user_id) const EXCLUDES(mutex_);

  /// Changes with each `Put`: whoever was admitted before may be banned now.
  [[nodiscard]] std::uint64_t puts() const { return puts_; }

  /// Removes expired bans.
  /// @return how many.
  std::size_t RemoveEnded() EXCLUDES(mutex_);

  /// Key of a ban.
  struct Banned {
    RoomKind kind{};
    UserId user_id{};
    bool operator==(const Banned&) const = default;
  };
  struct BannedHash {
    std::size_t operator()(const Banned& banned) const { return NameHash()(banned.user_id.value); }
  };

 private:
  struct Term {
    TimePoint until{};  ///< as it was put
    TimePoint ends{};   ///< by `clock_`
  };
  using Rooms = std::map<RoomId, Term>;

  [[nodiscard]] Term TermOf(TimePoint until) const {
    return {.until = until, .ends = until - clock_.WallIsAhead()};
  }

  const SteadyWallClock clock_;
  std::atomic<std::size_t> size_{0};    ///< written with the lock held
  std::atomic<std::uint64_t> puts_{0};  ///< likewise
  mutable Mutex mutex_;
  std::unordered_map<Banned, Rooms, BannedHash> bans_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
