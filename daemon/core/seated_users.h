// The users that have a seat: a place among the pushers of a room.
#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/ids.h"
#include "daemon/core/room.h"
#include "daemon/core/room_reach.h"

namespace rtcroom {

/// Follows the store by observing every commit in order, those of other nodes included. Each
/// operation is O(1) on average.
///
/// @threads safe from any thread.
class SeatedUsers : public CommitListener {
 public:
  /// Adds the pushers of a room that was stored before this process began.
  void Restore(const Room& room) EXCLUDES(mutex_);

  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);

  /// Whether the user has a seat in a room that a login of that reach has.
  [[nodiscard]] bool HasSeat(const UserId& user_id, RoomReach reach) const EXCLUDES(mutex_);

 private:
  /// Seats in rooms of gen-1 and of gen-2.
  using Seats = std::array<std::size_t, 2>;

  void AddLocked(const UserId& user_id, Dialect dialect) REQUIRES(mutex_);
  void RemoveLocked(const UserId& user_id, Dialect dialect) REQUIRES(mutex_);

  mutable Mutex mutex_;
  /// The seats of the users that have one.
  std::unordered_map<UserId, Seats> seats_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
