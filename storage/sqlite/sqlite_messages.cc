#include "storage/sqlite/sqlite_messages.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "storage/sqlite/sqlite_engine.h"
#include "storage/sqlite/sqlite_writer.h"

namespace rtcroom {
namespace {

#define RTCROOM_MESSAGE_COLUMNS                                                                 \
  "position, room_number, seq, receiver, sender, nick, client_seq, client_random, sent_at_ms, " \
  "body, client_time, custom, priority, is_unguarded, wants_receipt, type, cmd, avatar"
#define RTCROOM_SELECT_MESSAGES "SELECT " RTCROOM_MESSAGE_COLUMNS " FROM messages "
#define RTCROOM_BYTES_OF_MESSAGE                                                              \
  "128 + coalesce(length(CAST(receiver AS BLOB)), 0) + length(CAST(sender AS BLOB))"          \
  " + length(CAST(nick AS BLOB)) + length(CAST(body AS BLOB)) + length(CAST(custom AS BLOB))" \
  " + length(CAST(cmd AS BLOB)) + length(CAST(avatar AS BLOB))"

constexpr char kLastSeqOfRoom[] =
    "SELECT coalesce(last_seq, 0) FROM rooms"
    " LEFT JOIN message_rooms ON room_number = sequence WHERE sequence = ?";
const ReaderSql kLastSeqForReader(kLastSeqOfRoom);
const WriterSql kLastSeqForWriter(kLastSeqOfRoom);

const ReaderSql kReadMessages(RTCROOM_SELECT_MESSAGES
                              "WHERE position > ? ORDER BY position LIMIT ?");
const ReaderSql kNewestMessage("SELECT last_message_position FROM meta WHERE only_row = 1");
const ReaderSql kMessagesOfRoom(
    RTCROOM_SELECT_MESSAGES
    "WHERE room_number = ?1 AND seq >= ?2"
    " AND EXISTS (SELECT 1 FROM rooms WHERE sequence = ?1) ORDER BY seq LIMIT ?3");
#define RTCROOM_BETWEEN_TWO                                            \
  "WHERE receiver IS NOT NULL AND min(sender, receiver) = min(?1, ?2)" \
  " AND max(sender, receiver) = max(?1, ?2)"
const ReaderSql kMessagesOfPair(RTCROOM_SELECT_MESSAGES RTCROOM_BETWEEN_TWO
                                " AND position < ?3 ORDER BY position DESC LIMIT ?4");
const ReaderSql kMessagesOfPairUntil(RTCROOM_SELECT_MESSAGES RTCROOM_BETWEEN_TWO
                                     " AND sent_at_ms <= ?3 ORDER BY position DESC LIMIT ?4");
const ReaderSql kMessagesOfPairSince(RTCROOM_SELECT_MESSAGES RTCROOM_BETWEEN_TWO
                                     " AND sent_at_ms >= ?3 ORDER BY position LIMIT ?4");
const ReaderSql kMessagesOfUser(
    RTCROOM_SELECT_MESSAGES
    "WHERE position IN ("
    "SELECT position FROM (SELECT position FROM messages"
    " WHERE sender = ?1 AND receiver IS NOT NULL AND position > ?2 ORDER BY position LIMIT ?3)"
    " UNION ALL SELECT position FROM (SELECT position FROM messages"
    " WHERE receiver = ?1 AND position > ?2 ORDER BY position LIMIT ?3))"
    " ORDER BY position LIMIT ?3");
const ReaderSql kPendingMessages(
    RTCROOM_SELECT_MESSAGES
    "WHERE position IN (SELECT position FROM (SELECT p.position AS position,"
    " row_number() OVER (PARTITION BY p.sender ORDER BY p.position DESC) AS turn"
    " FROM (SELECT position, sender FROM messages WHERE receiver = ?1"
    " AND position > coalesce("
    "(SELECT position FROM settled_messages WHERE receiver = ?1), 0)"
    " ORDER BY position DESC LIMIT ?4) p"
    " CROSS JOIN messages m ON m.position = p.position WHERE m.sent_at_ms >= ?2)"
    " ORDER BY turn, position DESC LIMIT ?3) ORDER BY position");
const ReaderSql kSentMessages(
    "SELECT position, receiver FROM messages WHERE sender = ? AND receiver IS NOT NULL"
    " ORDER BY position DESC LIMIT 1000");
const ReaderSql kReceivedMessages(
    "SELECT position, sender FROM messages WHERE receiver = ?"
    " ORDER BY position DESC LIMIT 1000");
const ReaderSql kHasPending(
    "SELECT 1 FROM messages WHERE receiver = ?1 AND position <= ?2 AND position > ifnull("
    "(SELECT position FROM settled_messages WHERE receiver = ?1), 0) LIMIT 1");
const ReaderSql kMessageAt(RTCROOM_SELECT_MESSAGES "WHERE position = ?");

// RETURNING would cost more than reading and writing the seq, since it makes a temporary table.
const WriterSql kWriteSeq(
    "INSERT INTO message_rooms (room_number, last_seq) VALUES (?, ?)"
    " ON CONFLICT (room_number) DO UPDATE SET last_seq = excluded.last_seq");
const WriterSql kInsertMessage("INSERT INTO messages (" RTCROOM_MESSAGE_COLUMNS
                               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
const WriterSql kRepeatedMessage(
    RTCROOM_SELECT_MESSAGES
    "WHERE sender = ?1 AND client_random = ?2 AND room_number IS ?3 AND receiver IS ?4"
    " ORDER BY position DESC LIMIT 1");
const WriterSql kMessageBytes("SELECT message_bytes FROM meta WHERE only_row = 1");
const WriterSql kAddMessageBytes(
    "UPDATE meta SET message_bytes = message_bytes + ? WHERE only_row = 1");
// A damaged store may hold more than was counted.
const WriterSql kSubtractMessageBytes(
    "UPDATE meta SET message_bytes = max(message_bytes - ?, 0) WHERE only_row = 1");
const WriterSql kSurplusBytes("SELECT coalesce(sum(" RTCROOM_BYTES_OF_MESSAGE
                              "), 0) FROM messages WHERE room_number = ? AND seq <= ?");
const WriterSql kRemoveSurplus("DELETE FROM messages WHERE room_number = ? AND seq <= ?");
const WriterSql kHasMessages(
    "SELECT EXISTS (SELECT 1 FROM messages WHERE room_number = ?1)"
    " FROM message_rooms WHERE room_number = ?1");
const WriterSql kEndMessagesOfRoom(
    "UPDATE message_rooms SET ended_at_ms = ?2 WHERE room_number = ?1");
// A position with a message, so that later ones are pending whatever the caller gave.
const WriterSql kSettleMessages(
    "INSERT INTO settled_messages (receiver, position)"
    " SELECT receiver, position FROM messages WHERE receiver = ? AND position <= ?"
    " ORDER BY position DESC LIMIT 1"
    " ON CONFLICT (receiver) DO UPDATE SET position = max(position, excluded.position)");
const WriterSql kOldestMessages(
    "SELECT position, sent_at_ms, room_number, receiver, " RTCROOM_BYTES_OF_MESSAGE
    " FROM messages WHERE position > 0 ORDER BY position LIMIT ?");
const WriterSql kRemoveMessagesUntil("DELETE FROM messages WHERE position <= ?");
const WriterSql kOldestEndedRoom(
    "SELECT room_number FROM message_rooms WHERE ended_at_ms < ? ORDER BY ended_at_ms LIMIT 1");
const WriterSql kRemoveOldestOfRoom(
    "DELETE FROM messages WHERE position IN (SELECT position FROM messages"
    " WHERE room_number = ? ORDER BY seq LIMIT ?) RETURNING " RTCROOM_BYTES_OF_MESSAGE);
const WriterSql kForgetRoomOfMessages(
    "DELETE FROM message_rooms WHERE room_number = ?1 AND ended_at_ms IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM messages WHERE room_number = ?1)");
const WriterSql kForgetReceiver(
    "DELETE FROM settled_messages WHERE receiver = ?1"
    " AND NOT EXISTS (SELECT 1 FROM messages WHERE receiver = ?1)");

StoredMessage ReadMessage(const StatementRun& row) {
  enum : int {
    kPosition,
    kRoomNumber,
    kSeq,
    kReceiver,
    kSender,
    kNick,
    kClientSeq,
    kClientRandom,
    kSentAt,
    kBody,
    kClientTime,
    kCustomData,
    kPriority,
    kIsUnguarded,
    kWantsReceipt,
    kType,
    kCmd,
    kAvatar
  };
  // NULL is read as 0 or an empty text, which is how a message has no room or no receiver.
  return StoredMessage{
      .position = row.Unsigned(kPosition),
      .room_number = row.Unsigned(kRoomNumber),
      .seq = row.Unsigned(kSeq),
      .receiver = {row.Text(kReceiver)},
      .content = {.sender = {row.Text(kSender)},
                  .nick = row.Text(kNick),
                  .client_seq = row.Unsigned(kClientSeq),
                  .client_random = row.Unsigned(kClientRandom),
                  .body = row.Text(kBody),
                  .sent_at = row.Time(kSentAt),
                  .client_time = row.Unsigned(kClientTime),
                  .custom = row.Text(kCustomData),
                  .priority = static_cast<std::uint8_t>(row.Integer(kPriority)),
                  .is_unguarded = row.Integer(kIsUnguarded) != 0,
                  .wants_receipt = row.Integer(kWantsReceipt) != 0,
                  .type = static_cast<MessageType>(row.Integer(kType)),
                  .cmd = row.Text(kCmd),
                  .avatar = row.Text(kAvatar)},
  };
}

/// @param statement  that of `kLastSeqOfRoom`.
/// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
Result<std::uint64_t> LastSeq(Statement& statement, std::uint64_t room_number) {
  StatementRun run(statement, room_number);
  if (run.Next()) return run.Unsigned(0);
  if (!run.status()) return run.status().error();
  return Error{Errc::kRoomNotFound, fmt::format("room number {}", room_number)};
}

// NULL stands for no room, and for no receiver.
std::optional<std::uint64_t> RoomNumberOf(const StoredMessage& message) {
  return message.receiver.value.empty() ? std::optional(message.room_number) : std::nullopt;
}
std::optional<std::string_view> ReceiverOf(const StoredMessage& message) {
  const std::string& receiver = message.receiver.value;
  return receiver.empty() ? std::nullopt : std::optional<std::string_view>(receiver);
}

/// The highest number that a row can have, at most `number`: any number of a caller may be compared
/// with those of rows.
std::uint64_t Storable(std::uint64_t number) {
  return std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max());
}

Result<std::optional<StoredMessage>> FindRepeated(WriterStatements& sql,
                                                  const StoredMessage& message,
                                                  const RepeatsAfter& repeats) {
  const MessageContent& content = message.content;
  StatementRun run(sql[kRepeatedMessage], content.sender.value, content.client_random,
                   RoomNumberOf(message), ReceiverOf(message));
  std::optional<StoredMessage> earlier;
  if (run.Next()) earlier = ReadMessage(run);
  if (!run.status()) return run.status().error();
  if (earlier && !repeats.Includes(*earlier)) earlier.reset();
  return earlier;
}

Status RemoveSurplus(WriterStatements& sql, std::uint64_t room_number, std::uint64_t last_seq) {
  std::uint64_t bytes = 0;
  {
    StatementRun run(sql[kSurplusBytes], room_number, last_seq);
    if (run.Next()) bytes = run.Unsigned(0);
    if (!run.status()) return run.status();
  }
  const Status removed = Run(sql[kRemoveSurplus], room_number, last_seq);
  return removed ? Run(sql[kSubtractMessageBytes], bytes) : removed;
}

Result<std::size_t> TrimOld(WriterStatements& sql, const MessageRetention& retention) {
  std::uint64_t stored = 0;
  {
    StatementRun run(sql[kMessageBytes]);
    if (run.Next()) stored = run.Unsigned(0);
    if (!run.status()) return run.status().error();
  }
  const std::uint64_t surplus = stored - retention.BytesToKeep(stored);
  std::size_t removed = 0;
  std::uint64_t bytes = 0;
  std::uint64_t end = 0;
  std::set<std::uint64_t> rooms;
  std::set<std::string> receivers;
  {
    StatementRun run(sql[kOldestMessages], retention.most_per_call);
    while (run.Next() && (run.Time(1) < retention.keep_since ||
                          run.Unsigned(0) <= retention.keep_after || bytes < surplus)) {
      ++removed;
      bytes += run.Unsigned(4);
      end = run.Unsigned(0);
      if (run.IsNull(2)) {
        receivers.insert(run.Text(3));
      } else {
        rooms.insert(run.Unsigned(2));
      }
    }
    if (!run.status()) return run.status().error();
  }
  if (removed == 0) return removed;
  if (const Status done = Run(sql[kRemoveMessagesUntil], end); !done) return done.error();
  if (const Status done = Run(sql[kSubtractMessageBytes], bytes); !done) return done.error();
  for (const std::uint64_t room_number : rooms) {
    if (const Status done = Run(sql[kForgetRoomOfMessages], room_number); !done)
      return done.error();
  }
  for (const std::string& receiver : receivers) {
    if (const Status done = Run(sql[kForgetReceiver], receiver); !done) return done.error();
  }
  return removed;
}

Result<std::size_t> TrimEnded(WriterStatements& sql, TimePoint keep_ended_since,
                              std::size_t limit) {
  std::size_t removed = 0;
  while (removed < limit) {
    std::optional<std::uint64_t> room_number;
    {
      StatementRun run(sql[kOldestEndedRoom], keep_ended_since);
      if (run.Next()) room_number = run.Unsigned(0);
      if (!run.status()) return run.status().error();
    }
    if (!room_number) return removed;
    std::uint64_t bytes = 0;
    {
      StatementRun run(sql[kRemoveOldestOfRoom], *room_number, limit - removed);
      for (; run.Next(); ++removed) bytes += run.Unsigned(0);
      if (!run.status()) return run.status().error();
    }
    if (const Status done = Run(sql[kSubtractMessageBytes], bytes); !done) return done.error();
    if (const Status done = Run(sql[kForgetRoomOfMessages], *room_number); !done)
      return done.error();
  }
  return removed;
}

/// Positions of the newest message with each peer, newest first.
Result<std::vector<std::uint64_t>> NewestWithPeers(ReaderStatements& sql, const UserId& user,
                                                   std::size_t limit) {
  std::vector<std::uint64_t> newest;
  std::set<std::string> peers;
  StatementRun sent(sql[kSentMessages], user.value);
  StatementRun received(sql[kReceivedMessages], user.value);
  bool has_sent = sent.Next();
  bool has_received = received.Next();
  while (newest.size() < limit && (has_sent || has_received)) {
    const bool takes_sent = has_sent && (!has_received || sent.Unsigned(0) >= received.Unsigned(0));
    StatementRun& later = takes_sent ? sent : received;
    if (peers.insert(later.Text(1)).second) newest.push_back(later.Unsigned(0));
    (takes_sent ? has_sent : has_received) = later.Next();
  }
  if (!sent.status()) return sent.status().error();
  if (!received.status()) return received.status().error();
  return newest;
}

}  // namespace

constinit const std::string_view kBytesOfMessage = RTCROOM_BYTES_OF_MESSAGE;

#undef RTCROOM_BETWEEN_TWO
#undef RTCROOM_BYTES_OF_MESSAGE
#undef RTCROOM_SELECT_MESSAGES
#undef RTCROOM_MESSAGE_COLUMNS

Status SqliteMessages::AppendRow(WriterStatements& sql, AppendedMessage& message,
                                 const RepeatsAfter& repeats, std::size_t max_room_messages) {
  const bool in_room = message.receiver.value.empty();
  if (in_room) {
    const Result<std::uint64_t> last = LastSeq(sql[kLastSeqForWriter], message.room_number);
    if (!last) return last.error();
    message.seq = *last + 1;
  }
  Result<std::optional<StoredMessage>> earlier = FindRepeated(sql, message, repeats);
  if (!earlier) return earlier.error();
  if (*earlier) {
    message = {**std::move(earlier), /*is_new=*/false};
    return {};
  }
  if (in_room) {
    const Status written = Run(sql[kWriteSeq], message.room_number, message.seq);
    if (!written) return written;
  }
  const MessageContent& content = message.content;
  Status written = Run(sql[kInsertMessage], message.position, RoomNumberOf(message),
                       in_room ? std::optional(message.seq) : std::nullopt, ReceiverOf(message),
                       content.sender.value, content.nick, content.client_seq,
                       content.client_random, content.sent_at, content.body, content.client_time,
                       content.custom, int{content.priority}, int{content.is_unguarded},
                       int{content.wants_receipt}, content.type, content.cmd, content.avatar);
  if (written) written = Run(sql[kAddMessageBytes], StoredBytes(message));
  if (!written || message.seq <= max_room_messages) return written;
  return RemoveSurplus(sql, message.room_number, message.seq - max_room_messages);
}

Status SqliteMessages::EndRoom(WriterStatements& sql, std::uint64_t room_number, TimePoint at) {
  std::optional<bool> has_messages;
  {
    StatementRun run(sql[kHasMessages], room_number);
    if (run.Next()) has_messages = run.Integer(0) != 0;
    if (!run.status()) return run.status();
  }
  if (!has_messages) return {};  // this room never had one
  Status ended = Run(sql[kEndMessagesOfRoom], room_number, at);
  if (ended && !*has_messages) ended = Run(sql[kForgetRoomOfMessages], room_number);
  return ended;
}

Result<AppendedMessage> SqliteMessages::AppendMessage(StoredMessage message,
                                                      const RepeatsAfter& repeats) {
  AppendedMessage appended;
  const Status done = engine_.Call([&](SqliteWriter& writer) {
    appended = {message};  // it may run again
    return writer.Append(appended, repeats);
  });
  if (!done) return done.error();
  return appended;
}

Result<std::vector<StoredMessage>> SqliteMessages::ReadMessages(std::uint64_t position,
                                                                std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kReadMessages], ReadMessage, Storable(position), limit);
  });
}

Result<std::uint64_t> SqliteMessages::NewestMessage() {
  return engine_.Read([](ReaderStatements& sql) -> Result<std::uint64_t> {
    StatementRun run(sql[kNewestMessage]);
    if (run.Next()) return run.Unsigned(0);
    return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"}
                        : run.status().error();
  });
}

Result<std::uint64_t> SqliteMessages::NewestRoomMessage(std::uint64_t room_number) {
  return engine_.Read(
      [&](ReaderStatements& sql) { return LastSeq(sql[kLastSeqForReader], room_number); });
}

Result<std::vector<StoredMessage>> SqliteMessages::ReadRoomMessages(std::uint64_t room_number,
                                                                    std::uint64_t first,
                                                                    std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kMessagesOfRoom], ReadMessage, room_number, Storable(first), limit);
  });
}

Result<std::vector<StoredMessage>> SqliteMessages::ReadDirectMessages(
    const UserId& one, const UserId& other, std::optional<std::uint64_t> before,
    std::size_t limit) {
  constexpr std::uint64_t kNoBound = std::numeric_limits<std::uint64_t>::max();
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kMessagesOfPair], ReadMessage, one.value, other.value,
                    Storable(before.value_or(kNoBound)), limit);
  });
}

Result<std::vector<StoredMessage>> SqliteMessages::ReadDirectMessagesAt(
    const UserId& one, const UserId& other, TimePoint time, FromTime direction, std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    const bool is_back = direction == FromTime::kBack;
    return ReadRows(sql[is_back ? kMessagesOfPairUntil : kMessagesOfPairSince], ReadMessage,
                    one.value, other.value, time, limit);
  });
}

Result<std::vector<StoredMessage>> SqliteMessages::ReadMessagesOf(const UserId& user,
                                                                  std::uint64_t position,
                                                                  std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kMessagesOfUser], ReadMessage, user.value, Storable(position), limit);
  });
}

Result<std::vector<StoredMessage>> SqliteMessages::ReadPendingMessages(const UserId& receiver,
                                                                       TimePoint since,
                                                                       std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kPendingMessages], ReadMessage, receiver.value, since, limit,
                    kMaxPendingRead);
  });
}

Status SqliteMessages::SettleMessages(std::span<const ReceivedMessages> received) {
  std::vector<ReceivedMessages> pending;
  for (const ReceivedMessages& messages : received) {
    const auto found = engine_.Read([&](ReaderStatements& sql) {
      return RunCounting(sql[kHasPending], messages.receiver.value, Storable(messages.position));
    });
    if (!found) return found.error();
    if (*found > 0) pending.push_back(messages);
  }
  if (pending.empty()) return {};
  return engine_.Write([&](WriterStatements& sql) -> Status {
    for (const auto& [receiver, position] : pending) {
      const Status settled = Run(sql[kSettleMessages], receiver.value, Storable(position));
      if (!settled) return settled;
    }
    return {};
  });
}

Result<std::vector<StoredMessage>> SqliteMessages::ReadConversations(const UserId& user,
                                                                     std::size_t limit) {
  return engine_.ReadSnapshot([&](ReaderStatements& sql) -> Result<std::vector<StoredMessage>> {
    const Result<std::vector<std::uint64_t>> positions = NewestWithPeers(sql, user, limit);
    if (!positions) return positions.error();
    std::vector<StoredMessage> newest;
    for (const std::uint64_t position : *positions) {
      Result<std::vector<StoredMessage>> found = ReadRows(sql[kMessageAt], ReadMessage, position);
      if (!found) return found;
      std::ranges::move(*found, std::back_inserter(newest));
    }
    return newest;
  });
}

Result<std::size_t> SqliteMessages::TrimMessages(const MessageRetention& retention) {
  return engine_.Remove(retention.as_of, [&](WriterStatements& sql) -> Result<std::size_t> {
    const Result<std::size_t> old = TrimOld(sql, retention);
    if (!old) return old;
    const Result<std::size_t> ended =
        TrimEnded(sql, retention.keep_ended_since, retention.most_per_call - *old);
    if (!ended) return ended;
    return *old + *ended;
  });
}

}  // namespace rtcroom
