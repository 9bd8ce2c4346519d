// Messages of members in PostgreSQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/message_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_message_tally.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom {

class PgEngine;

/// @threads safe from any thread.
class PgMessages : public MessageStore {
 public:
  PgMessages(PgEngine& engine, std::size_t max_room_messages)
      : engine_(engine), max_room_messages_(max_room_messages) {}

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
  PgEngine& engine_;
  const std::size_t max_room_messages_;
  PgMessageTally tally_;
};

namespace pg {

/// @param message  without receiver: in a room. Receives its position, and its seq in a room; or
///                 becomes the stored one that it repeats.
PgWrite AppendMessage(AppendedMessage& message, const RepeatsAfter& repeats,
                      std::size_t max_room_messages);
PgWrite SettleMessages(std::span<const ReceivedMessages> received);

/// The amount that was removed.
struct TrimmedMessages {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
};
/// @param surplus  bytes of the oldest that may be removed whatever their age; `max_bytes` is not
///                 looked at.
PgWrite TrimMessages(const MessageRetention& retention, std::uint64_t surplus,
                     TrimmedMessages& trimmed);

/// A room that ends, whether it has messages or not.
struct EndedRoom {
  std::uint64_t number = 0;
  TimePoint at{};
};
/// It is run with the changes that end them.
PgCall EndMessages(std::span<const EndedRoom> rooms);

}  // namespace pg
}  // namespace rtcroom
