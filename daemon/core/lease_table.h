// Who is alive: one lease per pusher, in memory, renewed by each heartbeat.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// A lease that ran out. `seat` and `added_at` tell the add_pusher that it stems from: a
/// pusher that has come back since is not meant.
struct LapsedLease {
  RoomKey room{};
  UserId user_id{};
  std::uint64_t seat = 0;
  TimePoint added_at{};
  std::chrono::milliseconds overdue{0};  ///< for how long by then
  MonotonicTime as_of{};                 ///< when it had run out
};

/// How a lease stands.
struct LeaseState {
  std::chrono::milliseconds age{0};        ///< since it was granted or renewed
  std::chrono::milliseconds remaining{0};  ///< until it runs out; 0 when it has
};

/// The leases of all pushers, in the order in which they run out.
///
/// It follows the store by hearing of every commit in order, so a lease exists exactly while
/// its pusher is stored. Each operation is O(1) on average, whatever the number of leases.
///
/// @threads safe from any thread.
class LeaseTable : public CommitListener {
 public:
  /// @param timeout  how long a pusher may be silent.
  LeaseTable(const Clock& clock, std::chrono::milliseconds timeout);

  /// Grants a lease to every pusher of a room that was stored before this process began.
  void Restore(const Room& room);

  void OnCommit(std::span<const RoomChange> changes) noexcept override;

  /// Renews the lease of a heartbeat.
  /// @param dialect  of the room; none: of either.
  /// @param from     where it comes from; see `Bind`.
  /// @return false when there is none, or when it is being expired: a heartbeat never brings
  ///         back an evicted member.
  bool Touch(const RoomKey& room, std::optional<Dialect> dialect, const UserId& user_id,
             std::string_view from = {});

  /// From now on only callers from there pass for the pusher, until it leaves, comes back or the
  /// process ends.
  /// @source protocol F.5.
  void Bind(const RoomKey& room, const UserId& user_id, std::string_view from);

  /// Whether the pusher is bound to somewhere else. Nobody is when `from` is empty.
  [[nodiscard]] bool IsBoundElsewhere(const RoomKey& room, const UserId& user_id,
                                      std::string_view from) const;

  /// @return nothing when the user has none in that room.
  [[nodiscard]] std::optional<LeaseState> StateOf(const RoomKey& room, const UserId& user_id) const;

  /// Leases that had run out by `as_of`, longest overdue first, at most `limit`. Whoever asks knows
  /// that nothing stood still until then; the clock may say more by now.
  std::vector<LapsedLease> Lapsed(std::size_t limit, MonotonicTime as_of);

  /// Called inside the store's atomic step: takes the lease out of reach of heartbeats if it
  /// is still the one in `lease` and has not been renewed.
  /// @return false when the pusher beat, left or came back in between: it stays.
  bool ClaimExpiry(const LapsedLease& lease);

  /// Gives a claimed lease back, for one more timeout, because the eviction could not be stored:
  /// one that never can be must not stand in the way of those behind it.
  void ReleaseExpiry(const LapsedLease& lease);

  /// Gives everybody one full timeout from now: after a start or a stall, our absence is not
  /// their silence.
  void GraceForAll();

  [[nodiscard]] std::size_t size() const;

  /// What leases are found by; views, so that a lookup copies nothing.
  struct Member {
    RoomKind kind{};
    std::string_view room_id{};
    std::string_view user_id{};
    bool operator==(const Member&) const = default;
  };
  struct MemberHash {
    std::size_t operator()(const Member& member) const;
  };

 private:
  struct Lease {
    RoomKey room{};
    Dialect dialect = Dialect::kGen1;
    UserId user_id{};
    std::uint64_t seat = 0;
    TimePoint added_at{};
    MonotonicTime renewed_at{};
    std::string bound_to{};  ///< an address; empty: to none
    bool expiring = false;   ///< claimed by an eviction that is not committed yet
  };
  using Order = std::list<Lease>;

  static Member MemberOf(const RoomKey& room, const UserId& user_id) {
    return {room.kind, room.id.value, user_id.value};
  }

  void GrantLocked(Lease lease) REQUIRES(mutex_);
  void ApplyLocked(const RoomChange& change) REQUIRES(mutex_);
  void RevokeLocked(const RoomKey& room, const UserId& user_id) REQUIRES(mutex_);
  void RenewLocked(Order::iterator place, MonotonicTime now) REQUIRES(mutex_);
  [[nodiscard]] MonotonicTime DueLocked(const Lease& lease) const REQUIRES(mutex_);
  static bool IsElsewhere(const Lease& lease, std::string_view from) {
    return !from.empty() && !lease.bound_to.empty() && lease.bound_to != from;
  }
  /// The end of the order when the lease is not of that stay.
  Order::iterator FindLocked(const LapsedLease& lapsed) REQUIRES(mutex_);

  const Clock& clock_;
  const std::chrono::milliseconds timeout_;
  mutable Mutex mutex_;
  /// Longest silent first: a renewal moves a lease to the end.
  Order order_ GUARDED_BY(mutex_);
  /// The keys are views of the strings of the lease that they lead to: list nodes stay in place.
  std::unordered_map<Member, Order::iterator, MemberHash> members_ GUARDED_BY(mutex_);
  /// No lease runs out before this instant plus the timeout.
  MonotonicTime grace_from_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
