// Rooms without a first pusher, in the order of their creation.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/room.h"

namespace rtcroom {

/// Distinguishes a room from others that had the same id.
struct InactiveRoom {
  RoomKey key{};
  std::uint64_t sequence = 0;  ///< `Room::sequence`
};

/// The inactive rooms, oldest first, but for `CreatedGroups`. Follows the store through the
/// commits, in order. Each operation is O(1) on average, whatever the number of rooms.
///
/// @threads safe from any thread.
/// @source protocol B.4.2.
class InactiveRooms : public CommitListener {
 public:
  /// @param ttl  how long a room may stay inactive.
  InactiveRooms(const Clock& clock, std::chrono::milliseconds ttl);

  /// Adds a room that was stored before this process started, with one whole ttl.
  void Restore(const Room& room);

  void OnCommit(const Committed& committed) noexcept override;

  /// Rooms whose ttl had passed by `as_of`, at most `limit`.
  [[nodiscard]] std::vector<InactiveRoom> Overdue(std::size_t limit, MonotonicTime as_of) const;

  /// Gives all rooms one whole ttl from now: rooms do not expire because of a stall of this
  /// process.
  void GraceForAll();

  [[nodiscard]] std::size_t size() const;

 private:
  struct Waiting {
    InactiveRoom room{};
    MonotonicTime since{};
  };
  using Order = std::list<Waiting>;

  void AddLocked(const InactiveRoom& room) REQUIRES(mutex_);
  void RemoveLocked(std::uint64_t sequence) REQUIRES(mutex_);

  const Clock& clock_;
  const std::chrono::milliseconds ttl_;
  mutable Mutex mutex_;
  Order order_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, Order::iterator> by_sequence_ GUARDED_BY(mutex_);
  /// No room expires before this instant plus the ttl.
  MonotonicTime grace_from_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
