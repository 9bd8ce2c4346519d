// Messages in SQLite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/core/message_store.h"

namespace rtcroom {

class WriterStatements;
class SqliteEngine;

/// SQL: `StoredBytes` of the message in a row.
extern const std::string_view kBytesOfMessage;

/// The bytes of all are counted in `meta`.
///
/// @threads safe from any thread.
class SqliteMessages : public MessageStore {
 public:
  explicit SqliteMessages(SqliteEngine& engine) : engine_(engine) {}

  // These run in the transaction of a caller, who undoes it after an error: some rows may have been
  // written.

  /// Assigns the seq of a message in a room, which is one without a receiver.
  /// @param message            with its assigned position; becomes the stored one that it repeats.
  /// @param max_room_messages  the older ones of its room are removed.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  static Status AppendRow(WriterStatements& sql, AppendedMessage& message,
                          const RepeatsAfter& repeats, std::size_t max_room_messages);
  /// Records the end of a room, whether it has messages or not.
  static Status EndRoom(WriterStatements& sql, std::uint64_t room_number, TimePoint at);

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
  SqliteEngine& engine_;
};

}  // namespace rtcroom
