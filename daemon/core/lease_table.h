// Liveness of members: one lease per pusher, or per viewer, in memory, renewed by each heartbeat.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/cluster.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/room.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// A lease as it was observed, mostly one that ran out. `seat` and `added_at` identify the
/// add_pusher that granted it: a pusher that has rejoined since is not affected.
struct LapsedLease {
  RoomKey room{};
  UserId user_id{};
  std::uint64_t room_number = 0;  ///< `Room::sequence`
  std::uint64_t seat = 0;
  TimePoint added_at{};
  std::chrono::milliseconds overdue{0};  ///< time since it ran out
  MonotonicTime::duration silent{0};     ///< time without a heartbeat
  MonotonicTime::duration added_ago{0};  ///< time since the lease was granted
  MonotonicTime as_of{};                 ///< the time of that observation

  [[nodiscard]] SeatKey seat_key() const { return {.room_number = room_number, .seat = seat}; }
};

/// State of a lease.
struct LeaseState {
  std::chrono::milliseconds age{0};        ///< since it was granted or the last heartbeat
  std::chrono::milliseconds remaining{0};  ///< until it runs out; 0 when it has
};

/// The members that a table of leases is for.
enum class LeasesOf : std::uint8_t { kPushers, kViewers };

/// The leases of all pushers, or of all viewers, in the order in which they run out.
///
/// Follows the store through the commits, in order, so a lease exists exactly while its member is
/// stored. No event tells that a viewer has left with its room: its lease counts no more from there
/// on, and is removed with one of the next commits or calls of `Lapsed`. Each operation is O(1) on
/// average, whatever the number of leases; with those that other nodes reported on it is
/// logarithmic in their number.
///
/// @threads safe from any thread.
class LeaseTable : public CommitListener {
 public:
  enum class RenewedBy : std::uint8_t {
    kHeartbeats,
    kDeferral,  ///< alone: heartbeats do not matter
  };

  /// @param timeout  how long a pusher may stay without a renewal.
  LeaseTable(const Clock& clock, std::chrono::milliseconds timeout,
             RenewedBy renewed_by = RenewedBy::kHeartbeats, LeasesOf of = LeasesOf::kPushers);

  /// Grants a lease to every pusher of a room that was stored before this process started.
  void Restore(const Room& room);
  /// Grants a lease to each of these viewers, likewise. Their `LapsedLease::added_at` stays
  /// unknown.
  void Restore(std::span<const StoredViewer> viewers);

  void OnCommit(const Committed& committed) noexcept override;

  /// Renews the lease on a heartbeat.
  /// @param dialect  of the room; nullopt: either.
  /// @param from     the caller's address; empty: it may call from any.
  /// @return false when there is no such lease, or when that of a pusher is being expired: a
  ///         heartbeat never restores an evicted pusher. That of a viewer is noted
  ///         (`LastBeatHere`).
  bool Touch(const RoomKey& room, std::optional<Dialect> dialect, const UserId& user_id,
             std::string_view from = {});

  /// The last heartbeat of the member that this node received; nullopt: none.
  [[nodiscard]] std::optional<MonotonicTime> LastBeatHere(const RoomKey& room,
                                                          const UserId& user_id) const;

  /// Whether the pusher is bound to a different address. Always false when `from` is empty.
  [[nodiscard]] bool IsBoundElsewhere(const RoomKey& room, const UserId& user_id,
                                      std::string_view from) const;

  /// @return nullopt when the user has no lease in that room.
  [[nodiscard]] std::optional<LeaseState> StateOf(const RoomKey& room, const UserId& user_id) const;

  /// Leases that had run out by `as_of`, longest overdue first, at most `limit`. The caller
  /// guarantees that the process did not stall before `as_of`; the clock may be later by now.
  std::vector<LapsedLease> Lapsed(std::size_t limit, MonotonicTime as_of);

  /// The newest heartbeat of each pusher that sent one here since `since`, for the other nodes.
  /// Takes no longer than the number of leases that were renewed since, and holds up heartbeats
  /// for a thousand of them at a time. Nothing where heartbeats do not matter.
  /// @param since  `as_of` of an earlier call.
  /// @threads one thread at a time.
  HeardBeats HeardSince(MonotonicTime since);

  /// The lease of a pusher, whether or not it has run out; nullopt when there is none, or when it
  /// is being expired.
  [[nodiscard]] std::optional<LapsedLease> Observe(const RoomKey& room, const UserId& user_id,
                                                   MonotonicTime as_of) const;

  /// Lets a lease that ran out run for one more timeout, though no heartbeat came.
  void Defer(const LapsedLease& lease);

  /// Renews a lease that ran out for a heartbeat that another node received `age` before
  /// `lease.as_of`; older ones have no effect.
  void RenewByReport(const LapsedLease& lease, std::chrono::milliseconds age);

  /// Called inside the store's atomic step: makes the lease unavailable to heartbeats if it is
  /// still the one in `lease` and, where heartbeats matter, none has come.
  /// @param despite_heartbeats  whether the pusher goes even if it sends them.
  /// @return false when the pusher sent a heartbeat, left or rejoined in between: it stays.
  bool ClaimExpiry(const LapsedLease& lease, bool despite_heartbeats = false);

  /// Restores a claimed lease for one more timeout, because the eviction could not be stored: a
  /// lease whose eviction always fails must not block the leases behind it.
  void ReleaseExpiry(const LapsedLease& lease);

  /// Gives every pusher one full timeout from now: a start or a stall of this process must not
  /// count as missing heartbeats.
  void GraceForAll();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::chrono::milliseconds timeout() const { return timeout_; }
  [[nodiscard]] RenewedBy renewed_by() const { return renewed_by_; }

  /// Lookup key of a lease; views, so that a lookup copies nothing.
  struct Member {
    RoomKind kind{};
    std::string_view room_id{};
    std::string_view user_id{};
    bool operator==(const Member&) const = default;
  };
  static Member MemberOf(const RoomKey& room, const UserId& user_id) {
    return {room.kind, room.id.value, user_id.value};
  }
  struct MemberHash {
    std::size_t operator()(const Member& member) const;
  };

 private:
  struct Lease;
  using Order = std::list<Lease>;
  using Reports = std::multimap<MonotonicTime, Order::iterator>;
  struct Lease {
    RoomKey room{};
    Dialect dialect = Dialect::kGen1;
    UserId user_id{};
    std::uint64_t room_number = 0;
    std::uint64_t seat = 0;
    TimePoint added_at{};
    MonotonicTime granted_at{};
    MonotonicTime heard_at{};    ///< the last heartbeat at any node, or the grant
    MonotonicTime renewed_at{};  ///< time of a heartbeat, a report, a deferral or the grant
    std::optional<MonotonicTime> beat_here{};        ///< the last heartbeat that this node received
    std::optional<Reports::iterator> report{};       ///< set while it is in `reported_`
    std::string bound_to{};                          ///< `Pusher::bound_to`
    std::list<Order::iterator>::iterator in_room{};  ///< place of a viewer in `rooms_` or `ended_`
    bool expiring = false;  ///< claimed by an eviction that is not committed yet
  };

  struct HeardAt {
    SeatKey seat{};
    MonotonicTime at{};
  };

  void GrantLocked(Lease lease) REQUIRES(mutex_);
  void ApplyLocked(const StoredEvent& stored) REQUIRES(mutex_);
  void ApplyToViewersLocked(const StoredEvent& stored) REQUIRES(mutex_);
  /// Whether the room of a viewer has not ended; true of a pusher.
  [[nodiscard]] bool HasRoomLocked(const Lease& lease) const REQUIRES(mutex_);
  /// Removes some leases of ended rooms.
  void RemoveEndedLocked() REQUIRES(mutex_);
  /// The end where there is none that counts.
  [[nodiscard]] Order::iterator FindMemberLocked(const RoomKey& room, const UserId& user_id) const
      REQUIRES(mutex_);
  void RevokeLocked(const RoomKey& room, const UserId& user_id) REQUIRES(mutex_);
  void RenewLocked(Order::iterator place, MonotonicTime now) REQUIRES(mutex_);
  [[nodiscard]] MonotonicTime DueLocked(const Lease& lease) const REQUIRES(mutex_);
  [[nodiscard]] LapsedLease ObserveLocked(const Lease& lease, MonotonicTime as_of) const
      REQUIRES(mutex_);
  /// Adds the heartbeats since `since` of leases that were renewed since `renewed_since`, newest
  /// first, from `walk_` on; of about `most` leases.
  /// @return whether these were all.
  bool CollectLocked(MonotonicTime since, MonotonicTime renewed_since, std::size_t most,
                     std::vector<HeardAt>& heard) REQUIRES(mutex_);
  /// Moves it to the end of `order_`.
  void MoveToEndLocked(Order::iterator place) REQUIRES(mutex_);
  /// Returns the end of the order when the lease is of another stay.
  Order::iterator FindLocked(const LapsedLease& lapsed) REQUIRES(mutex_);

  const Clock& clock_;
  const std::chrono::milliseconds timeout_;
  const RenewedBy renewed_by_;
  const LeasesOf of_;
  mutable Mutex mutex_;
  /// Least recently renewed first: a renewal moves a lease to the end.
  Order order_ GUARDED_BY(mutex_);
  /// The end of `order_`, which stands for no lease; splicing leaves it valid.
  const Order::iterator end_ GUARDED_BY(mutex_) = order_.end();
  /// The place of `HeardSince` in `order_`, going to the front; otherwise its end.
  Order::iterator walk_ GUARDED_BY(mutex_) = order_.end();
  /// The last `as_of` of `HeardSince`: every later renewal has this time or a later one.
  MonotonicTime collected_at_ GUARDED_BY(mutex_);
  /// Leases whose last renewal was a report, which is older than the end of `order_`; by its time.
  Reports reports_ GUARDED_BY(mutex_);
  Order reported_ GUARDED_BY(mutex_);
  /// The keys are views of the strings of the lease that they map to: list nodes do not move.
  std::unordered_map<Member, Order::iterator, MemberHash> members_ GUARDED_BY(mutex_);
  /// The viewers of each room, by its number, and those of rooms that have ended.
  std::unordered_map<std::uint64_t, std::list<Order::iterator>> rooms_ GUARDED_BY(mutex_);
  std::list<Order::iterator> ended_ GUARDED_BY(mutex_);
  /// No lease runs out before this instant plus the timeout.
  MonotonicTime grace_from_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
