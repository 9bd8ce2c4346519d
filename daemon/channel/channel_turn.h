// One change of the channel's state, and what follows from it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The right to answer a waiting poll: call it once, with the whole body.
using PollReply = std::function<void(std::string body)>;

/// One change of the state: its time, and the replies that follow from it, to be sent after it.
struct ChannelTurn {
  MonotonicTime now{};
  TimePoint wall{};
  /// The polls that are answered have waited. Otherwise the turn begins with one that has just
  /// come: how long its client was away says nothing of the server.
  bool is_of_feed = false;
  std::optional<TimePoint> changed_at{};  ///< when the change that is applied was made
  std::vector<std::pair<PollReply, std::string>> replies{};
  /// Direct messages to that account up to that position were received.
  std::vector<std::pair<UserId, std::uint64_t>> settled{};
  /// Functions of attached logins that were kicked; to be called likewise.
  std::vector<std::function<void()>> kicked{};
  std::vector<EndedLogin> ends{};  ///< of logins, to be stored
  /// Answers to polls that waited, each with the age of its oldest new entry.
  struct Delivery {
    DeliveryPath path = DeliveryPath::kAccount;
    TimePoint made_at{};
  };
  std::vector<Delivery> deliveries{};

  /// @param oldest  the oldest of the logins that stay.
  void RecordKick(const ChannelInstance& login, const ChannelInstance& oldest);
};

EndedLogin EndOfOne(const ChannelInstance& login, LoginEnd end);
/// The end of all logins of the account that began before.
EndedLogin EndOfAllBefore(const UserId& account, TimePoint time, LoginEnd end);

}  // namespace rtcroom
