// Bans in memory, checked on every request.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/ids.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// The bans in force, in memory. It writes nothing: the caller persists the ban. Bans that other
/// programs have stored are added as the store reports them. A ban ends by the wall clock, and is
/// removed by the `RemovalClock`: it is in force again when a clock that was wrong is right.
///
/// @threads safe from any thread; while there are no bans, a check takes no lock.
class BanList : public CommitListener {
 public:
  /// Maximum number of bans.
  static constexpr std::size_t kMaxBans = 100'000;

  /// @param streams  names the streams of banned users; outlives this.
  BanList(const Clock& clock, const StreamUrlSigner& streams) : clock_(clock), streams_(streams) {}

  /// Replaces the ban of the same room and user.
  /// @return the end of the replaced ban.
  /// @errors kUnavailable when there are too many.
  Result<std::optional<TimePoint>> Put(const Ban& ban) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override;
  /// Undoes `Put`: `before` is its return value. A newer ban of the same key stays.
  void Restore(const Ban& ban, const std::optional<TimePoint>& before) EXCLUDES(mutex_);

  [[nodiscard]] bool IsBanned(const RoomKey& room, const UserId& user_id) const EXCLUDES(mutex_);
  /// Whether the user is banned from some room of that kind.
  [[nodiscard]] bool IsBannedSomewhere(RoomKind kind, const UserId& user_id) const EXCLUDES(mutex_);

  /// Whether the stream is one that get_push_url gives a user who is banned from some room.
  [[nodiscard]] bool IsStreamBanned(std::string_view stream) const EXCLUDES(mutex_);

  /// Changes with each `Put`: whoever was admitted before may be banned now.
  [[nodiscard]] std::uint64_t puts() const { return puts_; }

  /// How many were dropped since the last call because there were too many.
  std::size_t TakeDropped() { return dropped_.exchange(0); }

  /// Removes the bans that ended at `now` or before. @param now  of the `RemovalClock`.
  /// @return how many.
  std::size_t RemoveEnded(TimePoint now) EXCLUDES(mutex_);

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
  using Rooms = std::map<RoomId, TimePoint>;  ///< ends of the bans from them
  using Bans = std::unordered_map<Banned, Rooms, BannedHash>;

  using UsersByStream = std::unordered_map<std::string, UserId, NameHash, std::equal_to<>>;

  /// The rooms that the user is banned from.
  Rooms& RoomsOfLocked(const Banned& banned) REQUIRES(mutex_);
  /// Whether one of the user's bans is in force.
  [[nodiscard]] bool IsBannedLocked(RoomKind kind, const UserId& user_id, TimePoint now) const
      REQUIRES(mutex_);
  /// Removes the entry of a user who is banned from no room of the kind any more.
  /// @return the entry behind it.
  Bans::iterator EraseLocked(Bans::iterator banned) REQUIRES(mutex_);

  const Clock& clock_;
  const StreamUrlSigner& streams_;
  std::atomic<std::size_t> size_{0};     ///< written with the lock held
  std::atomic<std::uint64_t> puts_{0};   ///< written with the lock held
  std::atomic<std::size_t> dropped_{0};  ///< bans of other programs
  mutable Mutex mutex_;
  Bans bans_ GUARDED_BY(mutex_);
  UsersByStream users_ GUARDED_BY(mutex_);  ///< users of `bans_` by their gen-1 streams
};

}  // namespace rtcroom
