// Rooms that wait for their first pusher, in the order of their creation.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Tells a room from others that had the same id.
struct InactiveRoom {
  RoomKey key{};
  std::uint64_t sequence = 0;  ///< `Room::sequence`
};

/// The inactive rooms, longest waiting first. It follows the store by hearing of every commit in
/// order. Each operation is O(1) on average, whatever the number of rooms.
///
/// @threads safe from any thread.
/// @source protocol B.4.2.
class InactiveRooms : public CommitListener {
 public:
  /// @param ttl  how long a room may wait.
  InactiveRooms(const Clock& clock, std::chrono::milliseconds ttl);

  /// Takes up a room that was stored before this process began, for one whole ttl.
  void Restore(const Room& room);

  void OnCommit(std::span<const RoomChange> changes) noexcept override;

  /// Those that had waited for too long by `as_of`, at most `limit`.
  [[nodiscard]] std::vector<InactiveRoom> Overdue(std::size_t limit, MonotonicTime as_of) const;

  /// Gives all one whole ttl from now: after a stall, our absence is not theirs.
  void GraceForAll();

  [[nodiscard]] std::size_t size() const;

 private:
  struct Waiting {
    InactiveRoom room{};
    MonotonicTime since{};
  };
  using Order = std::list<Waiting>;

  void AddLocked(const Room& room) REQUIRES(mutex_);
  void RemoveLocked(std::uint64_t sequence) REQUIRES(mutex_);

  const Clock& clock_;
  const std::chrono::milliseconds ttl_;
  mutable Mutex mutex_;
  Order order_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, Order::iterator> by_sequence_ GUARDED_BY(mutex_);
  /// Nobody's time is over before this instant plus the ttl.
  MonotonicTime grace_from_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
