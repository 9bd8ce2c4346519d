// The interface to the stored bans of users, and revocations of signed push URLs.
#pragma once

#include <chrono>
#include <string>
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

/// Voids the push URLs of a stream whose signature expires at `until` or before. These are all that
/// were signed so far if `until` is the expiry of a URL that is signed now.
struct Revocation {
  std::string stream{};  ///< its name, as it is signed
  TimePoint until{};

  bool operator==(const Revocation&) const = default;
};

/// The bans are stored as durably as rooms. A ban that accompanies a change of a room is written by
/// `Store::UpdateAll` (see `RoomChange::ban`), and so are all revocations
/// (`RoomChange::revocations`).
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

  /// The revocations that end after `now`, in no order; one for each stream, with the latest end
  /// that was written.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Revocation>> LoadRevocations(TimePoint now) = 0;

  /// Removes revocations that ended at `now` or before: what they void has expired.
  /// @param now  of the `RemovalClock`; its mark goes with a removal.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveEndedRevocations(TimePoint now) = 0;
};

}  // namespace rtcroom
