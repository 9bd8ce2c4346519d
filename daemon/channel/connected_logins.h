// The connected logins of the message channel, in pages.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_reach.h"

namespace rtcroom {

/// The outcome of the check of a client's ticket or token, which allows it to log in.
struct LoginProof {
  TimePoint expires{};                  ///< at most `kLongestLogin` from now
  TimePoint issued = TimePoint::max();  ///< of the ticket; max: it was none
  RoomReach reach = RoomReach::kAll;
};

/// One login that has not ended.
struct ConnectedLogin {
  UserId account{};
  std::uint64_t instance = 0;
  ClientKind client = ClientKind::kPolls;
  TimePoint logged_in{};
  /// The time since its last call; 0 while a poll waits or a WebSocket is open.
  std::chrono::milliseconds idle{0};
  std::size_t polls = 0;          ///< that wait
  std::optional<RoomKey> room{};  ///< of one that polls: others follow any number
  TimePoint joined_at{};          ///< the group of `room`
};

struct LoginQuery {
  std::string begins{};           ///< of the accounts; empty: all
  std::optional<UserId> after{};  ///< only accounts after this one
  std::size_t limit = 50;         ///< 1..200; those of one account are not split
};

struct ConnectedLogins {
  std::vector<ConnectedLogin> logins{};  ///< by account, and of each the oldest first
  std::optional<UserId> next{};          ///< `after` of the next page; nullopt: this was the last
};

}  // namespace rtcroom
