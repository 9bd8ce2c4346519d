// The messages of members in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "daemon/core/message_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryMessages : public MessageStore {
 public:
  MemoryMessages(MemoryEngine& engine, std::size_t max_room_messages)
      : engine_(engine), max_room_messages_(max_room_messages) {}

  /// Call it when any room ends, with the lock of the engine held: which one it is, the analysis
  /// does not see.
  void EndRoom(std::uint64_t room_number, TimePoint at) NO_THREAD_SAFETY_ANALYSIS;

  Result<AppendedMessage> AppendMessage(StoredMessage message,
                                        const RepeatsAfter& repeats) override;
  Result<std::vector<StoredMessage>> ReadMessages(std::uint64_t position,
                                                  std::size_t limit) override;
  Result<std::uint64_t> NewestMessage() override;
  Result<std::uint64_t> NewestRoomMessage(std::uint64_t room_number) override;
  Result<std::vector<StoredMessage>> ReadRoomMessages(std::uint64_t room_number,
                                                      std::uint64_t first,
                                                      std::size_t limit) override;
  Result<std::vector<StoredMessage>> ReadDirectMessages(const UserId& one, const UserId& other,
                                                        std::optional<std::uint64_t> before,
                                                        std::size_t limit) override;
  Result<std::vector<StoredMessage>> ReadDirectMessagesAt(const UserId& one, const UserId& other,
                                                          TimePoint time, FromTime direction,
                                                          std::size_t limit) override;
  Result<std::vector<StoredMessage>> ReadMessagesOf(const UserId& user, std::uint64_t position,
                                                    std::size_t limit) override;
  Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver, TimePoint since,
                                                         std::size_t limit) override;
  Status SettleMessages(std::span<const ReceivedMessages> received) override;
  Result<std::vector<StoredMessage>> ReadConversations(const UserId& user,
                                                       std::size_t limit) override;
  Result<std::size_t> TrimMessages(const MessageRetention& retention) override;

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

  /// The values that a repetition has in common with the first one.
  using Repeatable = std::tuple<UserId, std::uint64_t, std::uint64_t, UserId>;
  static Repeatable RepeatableOf(const StoredMessage& message);

  /// The stored message that this one repeats; null: none.
  [[nodiscard]] const StoredMessage* FindRepeatedLocked(const StoredMessage& message,
                                                        const RepeatsAfter& repeats) const
      REQUIRES(engine_.mutex);
  StoredMessage KeepLocked(StoredMessage message) REQUIRES(engine_.mutex);
  void RemoveLocked(Messages::iterator place) REQUIRES(engine_.mutex);
  /// Numbers of the rooms that ended before that time, in the order of their ends.
  [[nodiscard]] std::vector<std::uint64_t> EndedBeforeLocked(TimePoint time) const
      REQUIRES(engine_.mutex);

  MemoryEngine& engine_;
  const std::size_t max_room_messages_;
  Messages messages_ GUARDED_BY(engine_.mutex);
  /// The rooms by `Room::sequence`.
  std::map<std::uint64_t, RoomMessages> rooms_ GUARDED_BY(engine_.mutex);
  std::map<UserId, Mailbox> mailboxes_ GUARDED_BY(engine_.mutex);
  /// Position of the newest one.
  std::map<Repeatable, std::uint64_t> newest_ GUARDED_BY(engine_.mutex);
  std::uint64_t last_position_ GUARDED_BY(engine_.mutex) = 0;
  std::uint64_t bytes_ GUARDED_BY(engine_.mutex) = 0;  ///< `StoredBytes` of `messages_`
};

}  // namespace rtcroom
