// The messages of members in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "daemon/core/message_store.h"

namespace rtcroom {

/// The methods are those of `MessageLog` and `MessageHistory`; the caller checks that a room lives.
///
/// @threads one thread at a time.
class MessageTable {
 public:
  explicit MessageTable(std::size_t max_room_messages) : max_room_messages_(max_room_messages) {}

  AppendedMessage AppendToRoom(std::uint64_t room_number, MessageContent content,
                               const RepeatsAfter& repeats);
  AppendedMessage AppendDirect(const UserId& receiver, MessageContent content,
                               const RepeatsAfter& repeats);
  /// Call it when any room ends.
  void EndRoom(std::uint64_t room_number, TimePoint at);

  [[nodiscard]] std::vector<StoredMessage> Read(std::uint64_t position, std::size_t limit) const;
  [[nodiscard]] std::uint64_t newest() const { return last_position_; }
  [[nodiscard]] std::uint64_t NewestOfRoom(std::uint64_t room_number) const;
  [[nodiscard]] std::vector<StoredMessage> ReadRoom(std::uint64_t room_number, std::uint64_t first,
                                                    std::size_t limit) const;
  [[nodiscard]] std::vector<StoredMessage> ReadDirect(const UserId& one, const UserId& other,
                                                      std::optional<std::uint64_t> before,
                                                      std::size_t limit) const;
  [[nodiscard]] std::vector<StoredMessage> ReadPending(const UserId& receiver, TimePoint since,
                                                       std::size_t limit) const;
  void Settle(const UserId& receiver, std::uint64_t position);
  [[nodiscard]] std::vector<StoredMessage> ReadConversations(const UserId& user,
                                                             std::size_t limit) const;
  std::size_t Trim(const MessageRetention& retention);

 private:
  using Messages = std::map<std::uint64_t, StoredMessage>;  // by position

  /// A room with messages. It is dropped when it has ended and the last one is removed.
  struct RoomMessages {
    std::uint64_t last_seq = 0;
    std::deque<std::uint64_t> positions{};
    std::optional<TimePoint> ended_at{};
  };
  /// A receiver with messages.
  struct Mailbox {
    std::size_t messages = 0;
    std::uint64_t settled = 0;  ///< those up to this position are not pending
  };

  /// What a repetition has in common with the first one.
  using Repeatable = std::tuple<UserId, std::uint64_t, std::uint64_t, UserId>;
  static Repeatable RepeatableOf(const StoredMessage& message);

  /// The stored message that this one repeats; null: none.
  [[nodiscard]] const StoredMessage* FindRepeated(const StoredMessage& message,
                                                  const RepeatsAfter& repeats) const;
  StoredMessage Keep(StoredMessage message);
  void Remove(Messages::iterator place);
  /// Numbers of the rooms that ended before that time, in the order of their ends.
  [[nodiscard]] std::vector<std::uint64_t> EndedBefore(TimePoint time) const;

  const std::size_t max_room_messages_;
  Messages messages_;
  std::map<std::uint64_t, RoomMessages> rooms_;  // by `Room::sequence`
  std::map<UserId, Mailbox> mailboxes_;
  std::map<Repeatable, std::uint64_t> newest_;  // position of the newest one
  std::uint64_t last_position_ = 0;
  std::uint64_t bytes_ = 0;  ///< `StoredBytes` of `messages_`
};

}  // namespace rtcroom
