// Counts and sizes of the message channel.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/clock.h"

namespace rtcroom {

/// The protocol that a client speaks.
enum class ClientKind : std::uint8_t {
  kPolls,    ///< the IM SDK of 2018
  kSdk,      ///< one of today's, on a WebSocket
  kRtcroom,  ///< that of `/channel/ws`
};
inline constexpr std::array kAllClientKinds = {ClientKind::kPolls, ClientKind::kSdk,
                                               ClientKind::kRtcroom};
/// How many there are of each kind.
using ByClientKind = std::array<std::size_t, kAllClientKinds.size()>;

constexpr std::string_view ClientKindName(ClientKind client) {
  switch (client) {
    case ClientKind::kPolls:
      return "old";
    case ClientKind::kSdk:
      return "sdk";
    case ClientKind::kRtcroom:
      return "new";
  }
  return {};
}

/// The way by which something reaches a client.
enum class DeliveryPath : std::uint8_t {
  kAccount,  ///< the poll of the account
  kRoom,     ///< the poll of its group
  kSocket,   ///< a WebSocket
};
inline constexpr std::array kAllDeliveryPaths = {DeliveryPath::kAccount, DeliveryPath::kRoom,
                                                 DeliveryPath::kSocket};
inline constexpr std::size_t kDeliveryPathCount = kAllDeliveryPaths.size();

constexpr std::string_view DeliveryPathName(DeliveryPath path) {
  switch (path) {
    case DeliveryPath::kAccount:
      return "account";
    case DeliveryPath::kRoom:
      return "room";
    case DeliveryPath::kSocket:
      return "socket";
  }
  return {};
}

/// Counts since the start, of what clients received.
struct ChannelCounts {
  /// Answered polls, and frames of sockets, that carried something, by path.
  std::array<std::uint64_t, kDeliveryPathCount> deliveries{};
  std::uint64_t redeliveries = 0;  ///< answers that were lost and given again
  std::uint64_t kicked = 0;
  std::uint64_t dropped = 0;  ///< entries of a full inbox
  std::uint64_t gaps = 0;     ///< receivers whose position was older than the log
};

/// Counts since the start, of what clients sent. A repetition does not count.
struct SentCounts {
  std::uint64_t room = 0;  ///< messages that were stored
  std::uint64_t direct = 0;
  std::uint64_t mended = 0;   ///< of those to rooms: changed, so that old clients can read them
  std::uint64_t refused = 0;  ///< not stored: old clients could not read them
};

struct ChannelSizes {
  std::size_t instances = 0;
  ByClientKind by_client{};  ///< of the instances
  std::size_t groups = 0;
  std::size_t polls = 0;          ///< that wait, of both kinds
  std::size_t account_polls = 0;  ///< those of them that are for the account
};

/// The latency is not negative, though the clock may have been set back.
inline std::chrono::milliseconds LatencyOf(TimePoint made_at, TimePoint now) {
  return std::max(now - made_at, std::chrono::milliseconds(0));
}

/// @threads called from any thread; must not block.
class DeliveryObserver {
 public:
  virtual ~DeliveryObserver() = default;
  /// A waiting poll was answered with something new, or a socket got it.
  /// @param latency  since the oldest new entry was sent, or the change that it is about was made;
  ///                 not negative.
  virtual void OnDelivered(DeliveryPath path, std::chrono::milliseconds latency) = 0;
};

}  // namespace rtcroom
