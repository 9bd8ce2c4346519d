// A model of the messages of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/message_store.h"

namespace rtcroom {

/// It does what `MessageStore` says, and the rooms that messages need, by looking at all of them.
class MessageModel {
 public:
  /// @param max_room_messages  `StoreLimits::max_room_messages`.
  explicit MessageModel(std::size_t max_room_messages) : max_room_messages_(max_room_messages) {}

  /// @return its number; where there is one already, of that.
  std::uint64_t CreateRoom(const RoomId& id);
  Status EndRoom(const RoomId& id, TimePoint at);

  // As in `MessageStore`.
  Result<AppendedMessage> AppendMessage(StoredMessage message, const RepeatsAfter& repeats);
  [[nodiscard]] Result<std::vector<StoredMessage>> ReadMessages(std::uint64_t position,
                                                                std::size_t limit) const;
  [[nodiscard]] Result<std::uint64_t> NewestMessage() const { return newest_; }
  [[nodiscard]] Result<std::uint64_t> NewestRoomMessage(std::uint64_t room_number) const;
  [[nodiscard]] Result<std::vector<StoredMessage>> ReadRoomMessages(std::uint64_t room_number,
                                                                    std::uint64_t first,
                                                                    std::size_t limit) const;
  [[nodiscard]] Result<std::vector<StoredMessage>> ReadDirectMessages(
      const UserId& one, const UserId& other, std::optional<std::uint64_t> before,
      std::size_t limit) const;
  [[nodiscard]] Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver,
                                                                       TimePoint since,
                                                                       std::size_t limit) const;
  Status SettleMessages(std::span<const ReceivedMessages> received);
  [[nodiscard]] Result<std::vector<StoredMessage>> ReadConversations(const UserId& user,
                                                                     std::size_t limit) const;
  Result<std::size_t> TrimMessages(const MessageRetention& retention);

 private:
  struct Room {
    std::uint64_t newest_seq = 0;
    std::optional<TimePoint> ended_at{};
  };
  using Matches = std::function<bool(const StoredMessage&)>;

  [[nodiscard]] bool IsLiving(std::uint64_t room_number) const;
  /// The first that match, in the order of commit.
  [[nodiscard]] std::vector<StoredMessage> Oldest(std::size_t limit, const Matches& matches) const;
  /// The last that match, newest first.
  [[nodiscard]] std::vector<StoredMessage> Newest(std::size_t limit, const Matches& matches) const;
  /// Removes the oldest that match, at most so many. @return how many.
  std::size_t RemoveOldest(std::size_t most, const Matches& matches);

  const std::size_t max_room_messages_;
  std::uint64_t newest_ = 0;
  std::vector<StoredMessage> messages_;                 ///< in the order of commit
  std::map<std::string, std::uint64_t> numbers_;        ///< of living rooms, by their IDs
  std::map<std::uint64_t, Room> rooms_;                 ///< all there were, by number
  std::map<std::string, std::uint64_t> settled_up_to_;  ///< by receiver
};

}  // namespace rtcroom
