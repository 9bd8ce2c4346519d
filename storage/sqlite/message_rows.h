// Mapping between messages and rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/message_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// `StoredBytes` of the message in a row.
inline constexpr char kBytesOfMessage[] =
    "128 + coalesce(length(CAST(receiver AS BLOB)), 0) + length(CAST(sender AS BLOB))"
    " + length(CAST(nick AS BLOB)) + length(CAST(body AS BLOB))";

/// The statements that write them, and keep their bytes in `meta`. After an error, roll back: some
/// rows may have been written.
///
/// @threads one thread at a time, with its connection.
class MessageWriter {
 public:
  Status Prepare(Database& database);

  /// Assigns the seq of a message in a room, which is one without a receiver.
  /// @param message            with its assigned position; becomes the stored one that it repeats.
  /// @param max_room_messages  the older ones of its room are removed.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Status Append(AppendedMessage& message, const RepeatsAfter& repeats,
                std::size_t max_room_messages);
  /// Records the end of a room, whether it has messages or not.
  Status EndRoom(std::uint64_t room_number, TimePoint at);
  /// `MessageHistory::SettleMessages`.
  Status Settle(const ReceivedMessages& received);
  /// `MessageHistory::TrimMessages`.
  Result<std::size_t> Trim(const MessageRetention& retention);

 private:
  Result<std::optional<StoredMessage>> FindRepeated(const StoredMessage& message,
                                                    const RepeatsAfter& repeats);
  Status RemoveSurplus(std::uint64_t room_number, std::uint64_t last_seq);
  Result<std::size_t> TrimOld(const MessageRetention& retention);
  Result<std::size_t> TrimEnded(TimePoint keep_ended_since, std::size_t limit);

  Statement last_seq_;
  Statement write_seq_;
  Statement repeated_;
  Statement insert_;
  Statement bytes_;
  Statement add_bytes_;
  Statement subtract_bytes_;
  Statement surplus_bytes_;
  Statement remove_surplus_;
  Statement has_messages_;
  Statement end_room_;
  Statement settle_;
  Statement oldest_;
  Statement remove_until_;
  Statement oldest_end_;
  Statement remove_oldest_of_room_;
  Statement forget_room_;
  Statement forget_receiver_;
};

/// The statements that read them; the methods are those of `MessageLog` and `MessageHistory`.
///
/// @threads one thread at a time, with its connection.
class MessageReader {
 public:
  Status Prepare(Database& database);

  Result<std::vector<StoredMessage>> Read(std::uint64_t position, std::size_t limit);
  Result<std::uint64_t> Newest();
  Result<std::uint64_t> NewestOfRoom(std::uint64_t room_number);
  Result<std::vector<StoredMessage>> ReadRoom(std::uint64_t room_number, std::uint64_t first,
                                              std::size_t limit);
  Result<std::vector<StoredMessage>> ReadDirect(const UserId& one, const UserId& other,
                                                std::optional<std::uint64_t> before,
                                                std::size_t limit);
  Result<std::vector<StoredMessage>> ReadPending(const UserId& receiver, TimePoint since,
                                                 std::size_t limit);
  /// Whether there is a message that `MessageWriter::Settle` would settle.
  Result<bool> IsPending(const ReceivedMessages& received);
  /// Call it in a transaction: its statements must see the same snapshot.
  Result<std::vector<StoredMessage>> ReadConversations(const UserId& user, std::size_t limit);

 private:
  template <typename... Values>
  static Result<std::vector<StoredMessage>> Collect(Statement& statement, const Values&... values);
  /// Positions of the newest message with each peer, newest first.
  Result<std::vector<std::uint64_t>> NewestWithPeers(const UserId& user, std::size_t limit);

  Statement after_;
  Statement newest_;
  Statement newest_of_room_;
  Statement of_room_;
  Statement of_pair_;
  Statement pending_;
  Statement sent_;
  Statement received_;
  Statement is_pending_;
  Statement at_;
};

}  // namespace rtcroom
