// Limits of the message channel.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/token_bucket.h"
#include "daemon/channel/log_shares.h"
#include "daemon/core/group_access.h"
#include "daemon/core/node_lease.h"

namespace rtcroom {

/// Whether a server has been cut off from the others for so long that it sends the clients of its
/// sockets and of waiting polls to another one. A fail-over of the database cuts off all servers
/// for less: there is no better one to go to.
/// @param node  null where no other server uses the store.
inline bool SendsClientsAway(const NodeLease* node) {
  return node != nullptr && node->CutOffFor() >= std::chrono::seconds(30);
}

/// Longest login, whatever its ticket says.
/// @source docs/channel.md, 2 (openim/login).
inline constexpr std::chrono::days kLongestLogin{30};

struct ChannelOptions {
  /// How long a poll waits for something new; clients give up after 60 s.
  std::chrono::milliseconds hold = std::chrono::seconds(45);
  /// The time that clients are told.
  [[nodiscard]] std::chrono::seconds HoldInSeconds() const {
    return std::chrono::floor<std::chrono::seconds>(hold);
  }
  GroupAccess access = GroupAccess::kAny;
  std::size_t max_instances = 1;  ///< logins of one account at a time
  /// Logins of all accounts in memory. Beyond it the least recently used one is forgotten: its next
  /// call makes it known again.
  std::size_t max_known_instances = 100'000;
  /// Messages of one account, and of all members of one group.
  RateLimit account_rate{.per_second = 10, .burst = 40};
  /// Members go before strangers: see `MessageSenders::TakeRoomToken`.
  RateLimit group_rate{.per_second = 40, .burst = 80};
  /// Messages of one account to accounts that are not logged in.
  RateLimit absent_rate{.per_second = 1, .burst = 100};
  LogBounds log{};
  /// Polls answered per second; beyond that a group's polls are answered once a second.
  RateLimit delivery_rate{.per_second = 20'000, .burst = 20'000};
  std::size_t tail = 200;  ///< newest messages of a group in memory
  /// Undelivered entries of one instance. Beyond it the oldest go of the sender that has most.
  std::size_t max_inbox = 100;
  /// Bytes of each of the two, likewise: a message has up to 16 KiB. The newest one is always kept.
  std::size_t max_bytes = std::size_t{256} << 10;
  /// Bytes of all logins and groups in memory: see `LoginTable::Shrink`.
  std::size_t max_held_bytes = std::size_t{128} << 20;
  std::chrono::milliseconds direct_ttl = std::chrono::hours(1);  ///< of undelivered messages
  /// An answer counts as lost after that time without a confirmation.
  std::chrono::milliseconds resend_after = std::chrono::seconds(2);
  std::chrono::milliseconds idle_ttl = std::chrono::minutes(10);  ///< of an instance without calls
};

}  // namespace rtcroom
