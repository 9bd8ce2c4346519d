// The message channel: logins, groups, messages and polls of the IM protocol, on this server.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_groups.h"
#include "daemon/channel/channel_history.h"
#include "daemon/channel/channel_logins.h"
#include "daemon/channel/channel_messages.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_polls.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/core/event_log.h"
#include "daemon/core/message_store.h"

namespace rtcroom {

/// Owns the parts of the channel, each of which its callers use directly, and tells all of them of
/// committed changes and of the time.
///
/// @threads safe from any thread. No lock is held while the store is used or a poll is answered.
class Channel {
 public:
  Channel(const ChannelDeps& deps, ChannelTokens tokens, const ChannelOptions& options);

  [[nodiscard]] ChannelLogins& logins() { return logins_; }
  [[nodiscard]] ChannelGroups& groups() { return groups_; }
  [[nodiscard]] ChannelMessages& messages() { return messages_; }
  [[nodiscard]] ChannelHistory& history() { return history_; }
  [[nodiscard]] ChannelPolls& polls() { return polls_; }
  [[nodiscard]] const ChannelOptions& options() const { return core_.options; }
  [[nodiscard]] const ChannelTokens& tokens() const { return core_.tokens; }

  // The committed changes, in the store's order.
  void OnEvents(std::span<const StoredEvent> events);
  void OnMessages(std::span<const StoredMessage> messages);
  /// Some events are unknown.
  void OnEventsLost();
  void OnTick();
  /// Stores what each account has received, and who is in which group. A process that is killed
  /// before forgets that.
  void Save();

  [[nodiscard]] ChannelCounts counts() const;
  [[nodiscard]] ChannelSizes sizes() const;

 private:
  ChannelCore core_;
  ChannelLogins logins_;
  ChannelGroups groups_;
  ChannelMessages messages_;
  ChannelHistory history_;
  ChannelPolls polls_;
};

}  // namespace rtcroom
