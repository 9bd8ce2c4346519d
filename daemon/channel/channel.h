// The message channel: logins, groups and messages of the IM protocol, on this server.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/channel/account_group_saver.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_groups.h"
#include "daemon/channel/channel_history.h"
#include "daemon/channel/channel_logins.h"
#include "daemon/channel/channel_messages.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/room_reader.h"

namespace rtcroom {

/// Owns the parts of the channel, each of which its callers use directly, and tells all of them of
/// the time. What is committed reaches the clients by `PushReceivers`.
///
/// @threads safe from any thread. No lock is held while the store is used or a client is told of
///          the end of its login.
class Channel {
 public:
  Channel(const ChannelDeps& deps, ChannelTokens tokens, const ChannelOptions& options);

  [[nodiscard]] ChannelLogins& logins() { return logins_; }
  [[nodiscard]] ChannelGroups& groups() { return groups_; }
  [[nodiscard]] ChannelMessages& messages() { return messages_; }
  [[nodiscard]] ChannelHistory& history() { return history_; }
  /// How much the logins of today's IM SDKs have received, which `Save` stores, too.
  [[nodiscard]] AccountGroupSaver& places() { return places_; }
  [[nodiscard]] const RoomReader& reader() const { return reader_; }
  [[nodiscard]] const ChannelOptions& options() const { return core_.options; }
  [[nodiscard]] const ChannelTokens& tokens() const { return core_.tokens; }
  [[nodiscard]] const ChannelDeps& deps() const { return core_.deps; }

  void OnTick();
  /// Stores what has changed since the last call and was not worth a write of its own: what each
  /// account has received, logins for other servers. A process that is killed before forgets that.
  ///
  /// @threads for one thread.
  void Save();

  /// Logins that were kicked since the start.
  [[nodiscard]] std::uint64_t kicked() const;
  /// Counts logins only: groups and polls are counted where they are kept.
  [[nodiscard]] ChannelSizes sizes() const;
  /// Memory of the logins, in bytes.
  [[nodiscard]] std::size_t held_bytes() const { return core_.held_bytes(); }

 private:
  ChannelCore core_;
  ChannelLogins logins_;
  ChannelGroups groups_;
  ChannelMessages messages_;
  ChannelHistory history_;
  AccountGroupSaver places_;
  const RoomReader reader_;
};

}  // namespace rtcroom
