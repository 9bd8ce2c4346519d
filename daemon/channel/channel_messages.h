// Messages that accounts send.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/channel_groups.h"
#include "daemon/channel/channel_logins.h"
#include "daemon/channel/log_shares.h"
#include "daemon/channel/message_senders.h"
#include "daemon/channel/repeat_window.h"

namespace rtcroom {

/// Refuses a message that clients which are to get it could not read, or alters its body for them.
using MessageGuard = std::function<Status(MessageContent& content)>;

/// A message as it is sent.
struct MessageDraft {
  UserId to{};  ///< empty: to a group
  /// The content has no sender and no time. An empty nick stands for that of the sender's profile.
  /// A priority from 3 on goes last where a group is near its rate.
  MessageContent content{};
  std::string address{};  ///< of the client; empty: unknown
  /// Called before the message is stored; of one to an account only where that has a client which
  /// breaks on what is not JSON. Null: all can read it.
  MessageGuard guard{};
  /// Set: the message is only for those who are connected, and is not stored. This delivers it, and
  /// gives one to a group its `seq`.
  std::function<void(StoredMessage& message)> deliver{};
};

/// @threads safe from any thread.
class ChannelMessages {
 public:
  /// All of it outlives this object.
  ChannelMessages(ChannelCore& core, ChannelGroups& groups, const ChannelLogins& logins)
      : core_(core), groups_(groups), logins_(logins), shares_(core.options.log) {}

  /// Waits for a commit. The same `random` again within `kRepeatedWithin` gives the first outcome,
  /// at any server. The account need not have joined.
  /// @param room_number  of the room.
  /// @errors kRoomNotFound when that room has ended; kNotAllowed for an account that may not join;
  ///         kTooManyRequests; kContentRefused; kContentTooLong; kBadRequest; kStoreBusy;
  ///         kStoreBroken.
  Result<SentMessage> SendToRoom(const UserId& account, const RoomKey& room,
                                 std::uint64_t room_number, const MessageDraft& draft);
  /// Sends to another account, as above.
  /// @errors kNotReachable when the receiver is no contact of the account; kTooManyRequests;
  ///         kContentRefused; kContentTooLong; kStoreBusy; kStoreBroken.
  Result<SentMessage> SendDirect(const UserId& account, const MessageDraft& draft);

  /// Whether a message may be stored as it was sent: all servers on the store read it so.
  /// Otherwise it is stored as elements, guarded.
  [[nodiscard]] bool MayStorePlain() const {
    return !core_.deps.may_store_plain || core_.deps.may_store_plain();
  }

  /// This server begins where the log of messages has come to that position. Called once, before
  /// the other calls.
  void BeginAfter(std::uint64_t newest_message);
  /// The log has come to that position.
  void Advance(std::uint64_t newest_message);
  /// Forgets what is too old to be repeated or counted.
  void OnTick();
  [[nodiscard]] SentCounts counts() const;

 private:
  /// Whether the message may be sent now.
  Status CheckRate(const UserId& account);
  /// @threads reads the store when the room is busy: once a second for an account and room.
  Status CheckRoomRate(const UserId& account, const RoomKey& room, std::uint64_t room_number,
                       std::uint8_t priority);
  /// Finds the message that the account sent with that number; nullopt if memory has none.
  /// @param target  number of the room, or one that stands for the receiver.
  [[nodiscard]] std::optional<SentMessage> FindSent(const UserId& account, std::uint64_t target,
                                                    std::uint64_t random) const;
  /// The message of a draft, now.
  /// @param room_number  0: to an account.
  [[nodiscard]] StoredMessage MessageOf(const UserId& account, std::uint64_t room_number,
                                        const MessageDraft& draft) const;
  /// Delivers a message that is not stored, which is remembered like others.
  SentMessage Deliver(const MessageDraft& draft, StoredMessage message);
  /// Adds a message to the log, within the shares of its sender and its client's address.
  Result<SentMessage> Store(StoredMessage message, const std::string& address);
  /// Remembers a stored message; counts a new one.
  SentMessage Remember(const AppendedMessage& stored);
  void Count(std::uint64_t SentCounts::* figure);
  /// Asks the guard of the draft, and counts what it alters and refuses.
  Status Guard(const MessageDraft& draft, MessageContent& content);

  ChannelCore& core_;
  ChannelGroups& groups_;
  const ChannelLogins& logins_;
  MessageSenders senders_ GUARDED_BY(core_.mutex);
  RepeatWindow repeats_ GUARDED_BY(core_.mutex);
  LogShares shares_ GUARDED_BY(core_.mutex);
  SentCounts counts_ GUARDED_BY(core_.mutex);
};

}  // namespace rtcroom
