// The polls of accounts: system notices and direct messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_options.h"
#include "daemon/core/ids.h"
#include "daemon/core/message_store.h"
#include "handlers/webim/waiting_polls.h"
#include "handlers/webim/webim_login.h"
#include "handlers/webim/webim_turn.h"

namespace rtcroom {

/// Keeps what each login is to receive until its poll confirms it.
///
/// An answer counts as received when a later poll asks beyond it.
///
/// @threads for one thread at a time.
/// @source docs/channel.md, 3: the SDK's polls must not fail, may come twice or late, and share one
///         position.
class AccountPolls {
 public:
  /// @param polls  outlive this object.
  AccountPolls(const ChannelOptions& options, WaitingPolls& polls)
      : options_(options), polls_(polls) {}

  /// @param login   null: of no known one; it is held and answered empty.
  /// @param cursor  sequence number of the last entry that the client received.
  void Poll(WebimLogin* login, std::uint64_t cursor, PollReply reply, WebimTurn& turn);
  /// Gives a login the direct messages that were stored before it began or that memory gave up,
  /// once: while its inbox `needs_pending`. Until then no message to it is settled: that would
  /// settle the older ones, too.
  /// @param cursor    of the account's poll: what it confirms is settled and not given again.
  /// @param messages  ascending.
  void GivePending(WebimLogin& login, std::uint64_t cursor, std::span<const StoredMessage> messages,
                   WebimTurn& turn);

  /// A message to the login's account, from the store, in its order.
  void OnDirectMessage(WebimLogin& login, const StoredMessage& message, WebimTurn& turn);
  /// The members of the login's group may have changed.
  void NotifyChanged(WebimLogin& login, WebimTurn& turn);
  void NotifyEnded(WebimLogin& login, const RoomId& group, WebimTurn& turn);
  /// The group is of no interest to the login any more.
  void DropChanges(WebimLogin& login, std::uint64_t room_number);
  /// While the account's poll is away, its system notices go by the room's newest, unconfirmed.
  /// @return whether there were any.
  bool SendByRoom(WebimLogin& login, WebimTurn& turn);
  /// Drops all that the login was to receive.
  void Clear(WebimLogin& login);
  /// Answers a poll that waits, if there is something to give and no answer is under way.
  void Send(WebimLogin& login, WebimTurn& turn);

  /// Bytes of all entries that wait.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool HasDirects() const { return !by_wait_.empty(); }
  /// Gives up the direct messages that have waited longest, of one login: they are still pending in
  /// the store, from which the next poll reads those that it does not confirm.
  void DropDirects();
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  void Enqueue(WebimLogin& login, InboxEntry entry, WebimTurn& turn);
  void Trim(WebimLogin& login);
  void Confirm(WebimLogin& login, std::uint64_t cursor, WebimTurn& turn);
  void Count(WebimLogin& login);

  const ChannelOptions options_;
  WaitingPolls& polls_;
  std::list<WebimLogin*> by_wait_;  ///< with direct messages; those that have had any longest first
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace rtcroom
