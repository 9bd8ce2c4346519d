// Messages of members in PostgreSQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/message_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_message_tally.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

std::span<const PgStatement> MessageReads();
std::span<const PgStatement> MessageWrites();

// The functions are those of `MessageLog` and `MessageHistory`.

Result<std::vector<StoredMessage>> ReadMessages(PgConnection& connection, std::uint64_t position,
                                                std::size_t limit, MonotonicTime deadline);
Result<std::uint64_t> NewestMessage(PgConnection& connection, MonotonicTime deadline);
Result<std::uint64_t> NewestRoomMessage(PgConnection& connection, std::uint64_t room_number,
                                        MonotonicTime deadline);
Result<std::vector<StoredMessage>> ReadRoomMessages(PgConnection& connection,
                                                    std::uint64_t room_number, std::uint64_t first,
                                                    std::size_t limit, MonotonicTime deadline);
Result<std::vector<StoredMessage>> ReadDirectMessages(PgConnection& connection, const UserId& one,
                                                      const UserId& other,
                                                      std::optional<std::uint64_t> before,
                                                      std::size_t limit, MonotonicTime deadline);
Result<std::vector<StoredMessage>> ReadPendingMessages(PgConnection& connection,
                                                       const UserId& receiver, TimePoint since,
                                                       std::size_t limit, MonotonicTime deadline);
Result<std::vector<StoredMessage>> ReadConversations(PgConnection& connection, const UserId& user,
                                                     std::size_t limit, MonotonicTime deadline);
/// Whether `SettleMessages` would settle one.
Result<bool> HasPendingMessages(PgConnection& connection,
                                std::span<const ReceivedMessages> received, MonotonicTime deadline);

/// Counts on with the next `limit` messages.
Result<MessageTally> CountMessages(PgConnection& connection, const MessageTally& before,
                                   std::size_t limit, MonotonicTime deadline);

/// @param message  without receiver: in a room. Receives its position, and its seq in a room; or
///                 becomes the stored one that it repeats.
PgWrite AppendMessage(AppendedMessage& message, const RepeatsAfter& repeats,
                      std::size_t max_room_messages);
PgWrite SettleMessages(std::span<const ReceivedMessages> received);

/// What was removed.
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
/// With the changes that end them.
PgCall EndMessages(std::span<const EndedRoom> rooms);

}  // namespace rtcroom::pg
