// The polls of old clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/channel/channel_core.h"
#include "daemon/channel/channel_groups.h"
#include "daemon/channel/channel_history.h"

namespace rtcroom {

/// A poll never fails.
///
/// @threads safe from any thread.
class ChannelPolls {
 public:
  /// All of it outlives this object.
  ChannelPolls(ChannelCore& core, ChannelGroups& groups, ChannelHistory& history)
      : core_(core), groups_(groups), history_(history) {}

  /// @param cursor  as the client sent it.
  /// @threads reads the store when a login has messages that are not in memory.
  void PollAccount(const ChannelInstance& caller, std::uint64_t cursor, PollReply reply);
  /// A poll without a caller, or with a key that is not its own, is held and answered empty.
  /// @threads reads the store when the messages are not in memory.
  void PollRoom(const std::optional<ChannelInstance>& caller, std::uint64_t start,
                std::string_view key, PollReply reply);
  /// See `WaitingPolls::Pause`.
  void Pause(const std::optional<RoomPoll>& room, PollReply reply);
  /// Before a stop: answers every waiting poll, and later ones at once.
  void AnswerAll();

 private:
  void AnswerIfStopping(ChannelTurn& turn) REQUIRES(core_.mutex);

  ChannelCore& core_;
  ChannelGroups& groups_;
  ChannelHistory& history_;
  bool is_stopping_ GUARDED_BY(core_.mutex) = false;
};

}  // namespace rtcroom
