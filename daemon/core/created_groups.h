// Groups that were created as such, by createGroup of an IM SDK, until a pusher joins their rooms.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/cluster.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/inactive_rooms.h"
#include "daemon/core/room.h"

namespace rtcroom {

/// The groups that users created, with their creators, and when somebody was last known to be in
/// each. It follows the store through the commits, in order, those of other nodes included.
///
/// @threads safe from any thread.
class CreatedGroups : public CommitListener {
 public:
  /// Groups of one account at a time.
  static constexpr std::size_t kMostOfAccount = 5;

  /// @param idle  how long a group may stay without anybody in it.
  CreatedGroups(const Clock& clock, std::chrono::milliseconds idle)
      : clock_(clock), idle_(idle), grace_from_(clock.Monotonic()) {}

  /// Adds one that was stored before this process started, with one whole `idle`.
  void Restore(const Room& room) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);

  /// Whether an account has as many as it may. Calls at the same time may make it some more.
  [[nodiscard]] bool HasMost(const UserId& creator) const EXCLUDES(mutex_);

  /// Somebody is in the group here; nothing for any other room.
  void Use(std::uint64_t room_number) EXCLUDES(mutex_);
  /// Somebody was in it at another node that long ago.
  void UseByReport(std::uint64_t room_number, std::chrono::milliseconds ago) EXCLUDES(mutex_);
  /// Looks which are used now, of all of them.
  /// @param is_used  whether somebody is in the group of that room here.
  /// @return those that have been without anybody for `idle`, as far as is known here; at most
  ///         `limit`.
  std::vector<InactiveRoom> FindIdle(const std::function<bool(std::uint64_t)>& is_used,
                                     std::size_t limit) EXCLUDES(mutex_);

  /// The last use here of each that was used here since the last call, for the other nodes: as
  /// heartbeats of the seat 0, which no pusher has.
  HeardBeats TakeUses() EXCLUDES(mutex_);

  /// Gives all of them one whole `idle`: a stall of this process must not end them.
  void GraceForAll() EXCLUDES(mutex_);

  [[nodiscard]] std::chrono::milliseconds idle() const { return idle_; }
  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Group {
    RoomKey room{};
    UserId creator{};
    MonotonicTime used_at{};
  };

  void AddLocked(std::uint64_t room_number, Group group) REQUIRES(mutex_);
  void RemoveLocked(std::uint64_t room_number) REQUIRES(mutex_);
  void UseLocked(std::uint64_t room_number, MonotonicTime now) REQUIRES(mutex_);

  const Clock& clock_;
  const std::chrono::milliseconds idle_;
  mutable Mutex mutex_;
  std::unordered_map<std::uint64_t, Group> groups_ GUARDED_BY(mutex_);  ///< groups by room number
  std::unordered_map<UserId, std::size_t> of_account_ GUARDED_BY(mutex_);  ///< none is 0
  std::set<std::uint64_t> used_here_ GUARDED_BY(mutex_);  ///< groups for `TakeUses`
  /// No group counts as idle before this instant plus `idle`.
  MonotonicTime grace_from_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
