// Messages that were sent: of groups, between accounts, and those that wait to be received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/channel_groups.h"
#include "daemon/channel/message_reads.h"

namespace rtcroom {

/// A peer or a group, with the newest message.
struct Conversation {
  RoomKey room{};  ///< without an ID: with the other account of the message
  StoredMessage newest{};
  std::size_t unread = 0;  ///< messages from the peer that were not confirmed yet
};

/// @threads safe from any thread; reads the store.
class ChannelHistory {
 public:
  /// Both outlive this object.
  ChannelHistory(ChannelCore& core, ChannelGroups& groups) : core_(core), groups_(groups) {}

  /// Messages of a group up to `newest` (nullopt: the last), newest first.
  /// @errors as `ChannelGroups::CheckAccess`.
  Result<std::vector<StoredMessage>> OfGroup(const UserId& account, const GroupFacts& group,
                                             std::optional<std::uint64_t> newest,
                                             std::size_t limit);
  /// Messages between the caller and another account, newest first.
  /// @param before  position of one of them: only older ones; nullopt: from the newest on.
  /// @param reads   new; with at most 999 messages.
  /// @errors kStoreBusy; kStoreBroken.
  Result<MessagePage> OfDirect(const UserId& account, const UserId& peer,
                               std::optional<std::uint64_t> before, MessageReads reads);
  /// Conversations with other accounts, and these groups, newest first.
  /// @param limit  1..100.
  /// @errors kStoreBusy; kStoreBroken.
  Result<std::vector<Conversation>> Conversations(const UserId& account,
                                                  std::span<const GroupFacts> groups,
                                                  std::size_t limit);

  /// Messages to the account that it has not confirmed yet, oldest first.
  /// @errors kStoreBusy; kStoreBroken.
  Result<std::vector<StoredMessage>> PendingMessages(const UserId& account);
  /// The account has received all messages to it up to that position. The next `Save` stores it.
  void ConfirmDirect(const UserId& account, std::uint64_t position);
  /// Confirms for a client that connects.
  /// @return the position after which its messages come: at most that of the newest message, which
  ///         goes back when the operator restores a backup.
  /// @errors kStoreBusy; kStoreBroken: nothing was confirmed.
  Result<std::uint64_t> ResumeDirect(const UserId& account, std::uint64_t position);
  /// Stores what each account has received.
  void Save();

 private:
  ChannelCore& core_;
  ChannelGroups& groups_;
};

}  // namespace rtcroom
