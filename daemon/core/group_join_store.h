// The interface to the stored logins that are in the group of a room.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// A login to the message channel that has joined the group of a room. Its client does not join
/// again after a restart of the server.
struct GroupJoin {
  UserId account{};
  TimePoint logged_in{};
  TimePoint expires{};  ///< end of the login
  RoomKey room{};
  std::uint64_t room_number = 0;  ///< `Room::sequence`
  std::uint64_t joined_seq = 0;   ///< the first message that it receives
  std::uint64_t serial = 0;       ///< distinguishes the joins of a login

  bool operator==(const GroupJoin&) const = default;
};

/// A login, and the group that it is in now.
struct GroupJoinChange {
  std::uint64_t instance = 0;       ///< number of the login: any 64 bits
  std::optional<GroupJoin> join{};  ///< nullopt: it is in none

  bool operator==(const GroupJoinChange&) const = default;
};

/// Keeps one group for each login.
///
/// @threads every method is safe from any thread.
class GroupJoinStore {
 public:
  virtual ~GroupJoinStore() = default;

  /// All logins that are in a group, in any order.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<GroupJoinChange>> LoadGroupJoins() = 0;

  /// All of them, or none: the last one of a login counts.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RecordGroupJoins(std::span<const GroupJoinChange> changes) = 0;
};

}  // namespace rtcroom
