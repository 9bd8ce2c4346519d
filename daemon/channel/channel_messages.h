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
#include "daemon/channel/message_body.h"
#include "daemon/channel/message_guard.h"
#include "daemon/channel/message_senders.h"
#include "daemon/channel/repeat_window.h"

namespace rtcroom {

/// What today's IM SDKs say of a message besides: as in `MessageContent`.
struct SdkMessage {
  /// It is stored as it came, and guarded where a client of 2018 reads it.
  bool is_plain = false;
  std::uint64_t client_time = 0;
  std::string custom{};
  bool wants_receipt = false;
  std::uint8_t priority = 0;  ///< from 3 on it goes last where a group is near its rate
  /// Set: the message is only for those who are connected, and is not stored. This delivers it, and
  /// gives one to a group its `seq`.
  std::function<void(StoredMessage& message)> deliver{};
};

/// A message as it is sent.
struct MessageDraft {
  UserId to{};         ///< empty: to a group
  std::string nick{};  ///< of the sender, at most 128 bytes; empty: that of its profile
  MessageBody body;
  MessagePriority priority = MessagePriority::kCommon;  ///< in a group
  std::uint64_t seq = 0;                                ///< as `MessageContent::client_seq`
  std::uint64_t random = 0;
  std::string address{};  ///< of the client; empty: unknown
  SdkMessage sdk{};
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
                       const SdkMessage& sdk);
  [[nodiscard]] bool MayStorePlain() const {
    return !core_.deps.may_store_plain || core_.deps.may_store_plain();
  }
  /// Finds the message that the account sent with that number; nullopt if memory has none.
  /// @param target  number of the room, or one that stands for the receiver.
  [[nodiscard]] std::optional<SentMessage> FindSent(const UserId& account, std::uint64_t target,
                                                    std::uint64_t random) const;
  /// The message of a draft, now.
  /// @param room_number  0: to an account.
  [[nodiscard]] StoredMessage MessageOf(const UserId& account, std::uint64_t room_number,
                                        const MessageDraft& draft) const;
  /// Delivers a message that is not stored, which is remembered like others.
  SentMessage Deliver(const SdkMessage& sdk, StoredMessage message);
  /// Adds a message to the log, within the shares of its sender and its client's address.
  Result<SentMessage> Store(StoredMessage message, const std::string& address);
  /// Remembers a stored message; counts a new one.
  SentMessage Remember(const AppendedMessage& stored);
  void Count(std::uint64_t SentCounts::* figure);
  /// Counts a message that the guard has refused. @return `refusal`.
  Error Refused(const Error& refusal);

  ChannelCore& core_;
  ChannelGroups& groups_;
  const ChannelLogins& logins_;
  MessageSenders senders_ GUARDED_BY(core_.mutex);
  RepeatWindow repeats_ GUARDED_BY(core_.mutex);
  LogShares shares_ GUARDED_BY(core_.mutex);
  SentCounts counts_ GUARDED_BY(core_.mutex);
};

}  // namespace rtcroom
