// Persistent bans: users whom an operator keeps out of a room for a time.
#pragma once

#include <chrono>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Longest time for which an operator may ban.
inline constexpr std::chrono::days kLongestBan{366};

/// Keeps a user out of one room until a time. It outlives the room.
struct Ban {
  RoomKey room{};
  UserId user_id{};
  TimePoint until{};

  bool operator==(const Ban&) const = default;
};

/// As durable as the store of rooms. A ban that accompanies a change of a room is written by
/// `Store::UpdateAll` (see `RoomChange::ban`).
///
/// @threads every method is safe from any thread.
class BanStore {
 public:
  virtual ~BanStore() = default;

  /// The bans that end after `now`, in no order; with the `RemovalClock`, all that are stored.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Ban>> LoadBans(TimePoint now) = 0;

  /// Replaces the ban of the same room and user.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status PutBan(const Ban& ban) = 0;

  /// Removes bans that ended at `now` or before.
  /// @param now  of the `RemovalClock`; its mark goes with a removal.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveEndedBans(TimePoint now) = 0;
};

}  // namespace rtcroom
