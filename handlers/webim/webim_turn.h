// One change of what the clients of 2018 are to receive, and what follows from it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/core/ids.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

class WebimClient;
struct WaitingPoll;

/// One change of the state: its time, and the replies that follow from it, to be sent after it.
struct WebimTurn {
  MonotonicTime now{};
  TimePoint wall{};
  /// The polls that are answered have waited. Otherwise the turn begins with one that has just
  /// come: how long its client was away says nothing of the server.
  bool is_of_feed = false;
  std::optional<TimePoint> changed_at{};  ///< when the change that is applied was made
  std::vector<std::pair<PollReply, std::string>> replies{};
  std::shared_ptr<WaitingPoll> held{};  ///< a poll that has come; it may be answered already
  /// Direct messages to that account up to that position were received.
  std::vector<std::pair<UserId, std::uint64_t>> settled{};
  /// The clients of logins that have begun, ended, entered a group or left one.
  std::vector<std::shared_ptr<WebimClient>> moved{};
  /// Users that were in a room until now, by their polls.
  std::vector<std::pair<RoomKey, UserId>> gone{};
  /// Answers to polls that waited, each with the age of its oldest new entry.
  struct Delivery {
    DeliveryPath path = DeliveryPath::kAccount;
    TimePoint made_at{};
  };
  std::vector<Delivery> deliveries{};
};

}  // namespace rtcroom
