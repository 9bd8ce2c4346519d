// The interface to the stored messages of members: in rooms, and from one user to another.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The format of a message's body. The numbers are stored.
enum class MessageType : std::uint8_t {
  kElements = 0,  ///< elements of an IM SDK, in JSON
  kText = 1,
  kCustom = 2,  ///< what an application makes of it
};

/// A message as its sender gave it.
struct MessageContent {
  UserId sender{};
  std::string nick{};               ///< the sender's when it was sent; ≤ 128 bytes UTF-8
  std::uint64_t client_seq = 0;     ///< chosen by the sender, ≤ 2^53
  std::uint64_t client_random = 0;  ///< chosen by the sender, ≤ 2^53
  std::string body{};               ///< opaque here; ≤ 16 KiB
  TimePoint sent_at{};
  /// The time at which its client says that it was sent, in seconds since 1970, ≤ 2^53; 0: none.
  std::uint64_t client_time = 0;
  std::string custom{};       ///< data of the application beside the body, opaque; ≤ 1 KiB UTF-8
  std::uint8_t priority = 0;  ///< 1, the first, to 4, the last, as its client says; 0: it did not
  /// It is as it was sent: clients of 2018 read it only as their guard returns it, or not at all.
  bool is_unguarded = false;
  bool wants_receipt = false;  ///< the sender asks to be told that it was read; between accounts
  MessageType type = MessageType::kElements;
  std::string cmd{};     ///< name of a kCustom message; ≤ 64 bytes UTF-8; empty: none
  std::string avatar{};  ///< the sender's, if `type` is not kElements; ≤ 1 KiB UTF-8

  bool operator==(const MessageContent&) const = default;
};

struct StoredMessage {
  /// Place in the store's order over all messages: ascending, may have gaps. Never reused, except
  /// after the restore of a backup, which has a new epoch (`Cursor`).
  std::uint64_t position = 0;
  std::uint64_t room_number = 0;  ///< `Room::sequence` of its room; 0: from one user to another
  std::uint64_t seq = 0;          ///< counts in a room from 1 without gaps; otherwise 0
  UserId receiver{};              ///< empty in a room
  MessageContent content{};

  bool operator==(const StoredMessage&) const = default;
};

/// The bytes for which a message counts in a bound: about its size in a store.
inline std::uint64_t StoredBytes(const StoredMessage& message) {
  const MessageContent& content = message.content;
  return 128 + message.receiver.value.size() + content.sender.value.size() + content.nick.size() +
         content.body.size() + content.custom.size() + content.cmd.size() + content.avatar.size();
}

/// The stored messages that a new one may repeat: those beyond the position, and those that were
/// sent later than that time.
struct RepeatsAfter {
  std::uint64_t position = 0;
  TimePoint sent_at = TimePoint::max();

  [[nodiscard]] bool Includes(const StoredMessage& message) const {
    return message.position > position || message.content.sent_at > sent_at;
  }
};

/// The outcome of an append.
struct AppendedMessage : StoredMessage {
  /// False: it repeats this one, which was stored before, and nothing was stored.
  bool is_new = true;

  bool operator==(const AppendedMessage&) const = default;
};

/// The messages that may be removed.
struct MessageRetention {
  TimePoint as_of{};             ///< `RemovalClock`: the mark that goes with a removal
  TimePoint keep_since{};        ///< messages sent before may be removed ...
  std::uint64_t keep_after = 0;  ///< ... and so may those up to this position ...
  TimePoint keep_ended_since{};  ///< ... and so may those of rooms that ended before this
  /// The oldest may be removed, down to 15/16 of it, once the `StoredBytes` of all exceed it.
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  std::size_t most_per_call = 10'000;  ///< bounds the duration of one call

  /// Bytes to keep of `bytes` that are stored.
  [[nodiscard]] std::uint64_t BytesToKeep(std::uint64_t bytes) const {
    return bytes > max_bytes ? max_bytes - max_bytes / 16 : bytes;
  }
};

/// Present messages to a user up to a position.
struct ReceivedMessages {
  UserId receiver{};
  std::uint64_t position = 0;
};

/// The side of a time on which messages lie that are read by it.
enum class FromTime : std::uint8_t {
  kBack,     ///< sent then or before, newest first
  kForward,  ///< sent then or later, oldest first
};

/// Pending messages of one user that are looked at.
inline constexpr std::size_t kMaxPendingRead = 4000;

/// Appends messages, and reads them in the order of commit, by room and by user.
///
/// An acknowledged message survives a crash and, where the implementation is durable, a power cut.
/// A message is visible to reads before its append returns.
///
/// A message is stored once: where it may repeat the newest one of its sender with its
/// `client_random`, in the same room or to the same receiver, the append returns that one. This is
/// decided in the transaction of the append, at whatever server.
///
/// @threads every method is safe from any thread; reads never wait for a writer.
class MessageStore {
 public:
  virtual ~MessageStore() = default;

  /// Assigns the position. A message without a receiver is to a room: it gets a seq, too, and the
  /// oldest messages of the room beyond `StoreLimits::max_room_messages` are removed in the same
  /// step. One to a user is pending until it is settled.
  /// @errors kRoomNotFound when no room has that number, or no longer; kStoreBusy; kStoreBroken.
  virtual Result<AppendedMessage> AppendMessage(StoredMessage message,
                                                const RepeatsAfter& repeats = {}) = 0;

  /// All messages after `position`, in order. @param limit  1..1000.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<StoredMessage>> ReadMessages(std::uint64_t position,
                                                          std::size_t limit) = 0;

  /// Position of the newest message, also after it was removed; 0 before the first.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::uint64_t> NewestMessage() = 0;

  /// Seq of the newest message of a living room; 0 when there is none. It never goes back, whatever
  /// has been trimmed.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  virtual Result<std::uint64_t> NewestRoomMessage(std::uint64_t room_number) = 0;

  /// The messages with a seq of `first` or greater, ascending.
  /// @param limit  1..1000.
  /// @return none for a room that has none or has ended.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<StoredMessage>> ReadRoomMessages(std::uint64_t room_number,
                                                              std::uint64_t first,
                                                              std::size_t limit) = 0;

  /// The messages between two users in either direction, newest first.
  /// @param before  only those before this position; nullopt: from the newest on.
  /// @param limit   1..1000. Cost is proportional to it.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<StoredMessage>> ReadDirectMessages(const UserId& one,
                                                                const UserId& other,
                                                                std::optional<std::uint64_t> before,
                                                                std::size_t limit) = 0;

  /// Reads messages between two users, either way, that were sent at a time or on one side of it.
  /// They are in the order of commit, like those of `ReadDirectMessages`, which is that of times
  /// but for the differences of clocks.
  /// @param limit  1..1000. Cost is proportional to it, and to the number of messages of the two on
  ///               the other side of the time, for each of which an entry of an index is looked at:
  ///               about a millisecond for 10,000.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<StoredMessage>> ReadDirectMessagesAt(const UserId& one,
                                                                  const UserId& other,
                                                                  TimePoint time,
                                                                  FromTime direction,
                                                                  std::size_t limit) = 0;

  /// The messages that a user has sent to others or received from them, after `position`,
  /// ascending.
  /// @param limit  1..1000. Cost is proportional to it.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<StoredMessage>> ReadMessagesOf(const UserId& user,
                                                            std::uint64_t position,
                                                            std::size_t limit) = 0;

  /// Reads from the newest `kMaxPendingRead` pending messages to `receiver` those sent at `since`
  /// or later, at most `limit` of them, oldest first. Senders take turns: first comes the newest
  /// message of each, then the second newest of each, and so on; in a turn the newer ones come
  /// first. So no sender displaces the messages of others. Cost is proportional to the number
  /// pending.
  /// @param limit  1..1000.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver,
                                                                 TimePoint since,
                                                                 std::size_t limit) = 0;

  /// They are no longer pending, in one commit; none when they were not.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status SettleMessages(std::span<const ReceivedMessages> received) = 0;

  /// The newest message with each peer of `user`, newest first; looks at the newest 1,000 messages
  /// that the user sent and the newest 1,000 that it received. @param limit  1..100.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<StoredMessage>> ReadConversations(const UserId& user,
                                                               std::size_t limit) = 0;

  /// Removes old messages in the order of commit, as far as the first that may not be removed for
  /// its age, its position or the bytes of all, so that those kept of a room have no gap; then
  /// those of ended rooms.
  /// @return the number removed; fewer than `most_per_call` when no more may be removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> TrimMessages(const MessageRetention& retention) = 0;
};

}  // namespace rtcroom
