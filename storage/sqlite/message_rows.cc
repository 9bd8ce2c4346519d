#include "storage/sqlite/message_rows.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <string>

#include <fmt/format.h>

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

constexpr char kColumns[] =
    "position, room_number, seq, receiver, sender, nick, client_seq, client_random, sent_at_ms,"
    " body";

constexpr char kSelectLastSeq[] =
    "SELECT coalesce(last_seq, 0) FROM rooms"
    " LEFT JOIN message_rooms ON room_number = sequence WHERE sequence = ?";

// Indexes into `kColumns`.
enum Column : int {
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
};

StoredMessage ReadMessage(const StatementRun& run) {
  // NULL is read as 0 or an empty text, which is how a message has no room or no receiver.
  return StoredMessage{
      .position = run.Unsigned(kPosition),
      .room_number = run.Unsigned(kRoomNumber),
      .seq = run.Unsigned(kSeq),
      .receiver = {run.Text(kReceiver)},
      .content = {.sender = {run.Text(kSender)},
                  .nick = run.Text(kNick),
                  .client_seq = run.Unsigned(kClientSeq),
                  .client_random = run.Unsigned(kClientRandom),
                  .body = run.Text(kBody),
                  .sent_at = run.Time(kSentAt)},
  };
}

/// Runs a `kSelectLastSeq`.
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

}  // namespace

Status MessageWriter::Prepare(Database& database) {
  return PrepareAll(
      database,
      // RETURNING would cost more than both, since it makes a temporary table.
      {{last_seq_, kSelectLastSeq},
       {write_seq_,
        "INSERT INTO message_rooms (room_number, last_seq) VALUES (?, ?)"
        " ON CONFLICT (room_number) DO UPDATE SET last_seq = excluded.last_seq"},
       {insert_,
        fmt::format("INSERT INTO messages ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kColumns)},
       {repeated_, fmt::format("SELECT {} FROM messages WHERE sender = ?1 AND client_random = ?2"
                               " AND room_number IS ?3 AND receiver IS ?4"
                               " ORDER BY position DESC LIMIT 1",
                               kColumns)},
       {bytes_, "SELECT message_bytes FROM meta WHERE only_row = 1"},
       {add_bytes_, "UPDATE meta SET message_bytes = message_bytes + ? WHERE only_row = 1"},
       // A damaged store may hold more than was counted.
       {subtract_bytes_,
        "UPDATE meta SET message_bytes = max(message_bytes - ?, 0) WHERE only_row = 1"},
       {surplus_bytes_,
        fmt::format("SELECT coalesce(sum({}), 0) FROM messages WHERE room_number = ? AND seq <= ?",
                    kBytesOfMessage)},
       {remove_surplus_, "DELETE FROM messages WHERE room_number = ? AND seq <= ?"},
       {has_messages_,
        "SELECT EXISTS (SELECT 1 FROM messages WHERE room_number = ?1)"
        " FROM message_rooms WHERE room_number = ?1"},
       {end_room_, "UPDATE message_rooms SET ended_at_ms = ?2 WHERE room_number = ?1"},
       // A position with a message, so that later ones are pending whatever the caller gave.
       {settle_,
        "INSERT INTO settled_messages (receiver, position)"
        " SELECT receiver, position FROM messages WHERE receiver = ? AND position <= ?"
        " ORDER BY position DESC LIMIT 1"
        " ON CONFLICT (receiver) DO UPDATE SET position = max(position, excluded.position)"},
       {oldest_, fmt::format("SELECT position, sent_at_ms, room_number, receiver, {} FROM messages"
                             " WHERE position > 0 ORDER BY position LIMIT ?",
                             kBytesOfMessage)},
       {remove_until_, "DELETE FROM messages WHERE position <= ?"},
       {oldest_end_,
        "SELECT room_number FROM message_rooms WHERE ended_at_ms < ?"
        " ORDER BY ended_at_ms LIMIT 1"},
       {remove_oldest_of_room_,
        fmt::format("DELETE FROM messages WHERE position IN (SELECT position FROM messages"
                    " WHERE room_number = ? ORDER BY seq LIMIT ?) RETURNING {}",
                    kBytesOfMessage)},
       {forget_room_,
        "DELETE FROM message_rooms WHERE room_number = ?1 AND ended_at_ms IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM messages WHERE room_number = ?1)"},
       {forget_receiver_,
        "DELETE FROM settled_messages WHERE receiver = ?1"
        " AND NOT EXISTS (SELECT 1 FROM messages WHERE receiver = ?1)"}});
}

Status MessageWriter::Append(AppendedMessage& message, const RepeatsAfter& repeats,
                             std::size_t max_room_messages) {
  const bool in_room = message.receiver.value.empty();
  if (in_room) {
    const Result<std::uint64_t> last = LastSeq(last_seq_, message.room_number);
    if (!last) return last.error();
    message.seq = *last + 1;
  }
  Result<std::optional<StoredMessage>> earlier = FindRepeated(message, repeats);
  if (!earlier) return earlier.error();
  if (*earlier) {
    message = {**std::move(earlier), /*is_new=*/false};
    return {};
  }
  if (in_room) {
    const Status written = Run(write_seq_, message.room_number, message.seq);
    if (!written) return written;
  }
  const MessageContent& content = message.content;
  Status written = Run(insert_, message.position, RoomNumberOf(message),
                       in_room ? std::optional(message.seq) : std::nullopt, ReceiverOf(message),
                       content.sender.value, content.nick, content.client_seq,
                       content.client_random, content.sent_at, content.body);
  if (written) written = Run(add_bytes_, StoredBytes(message));
  if (!written || message.seq <= max_room_messages) return written;
  return RemoveSurplus(message.room_number, message.seq - max_room_messages);
}

Result<std::optional<StoredMessage>> MessageWriter::FindRepeated(const StoredMessage& message,
                                                                 const RepeatsAfter& repeats) {
  const MessageContent& content = message.content;
  StatementRun run(repeated_, content.sender.value, content.client_random, RoomNumberOf(message),
                   ReceiverOf(message));
  std::optional<StoredMessage> earlier;
  if (run.Next()) earlier = ReadMessage(run);
  if (!run.status()) return run.status().error();
  if (earlier && !repeats.Includes(*earlier)) earlier.reset();
  return earlier;
}

Status MessageWriter::RemoveSurplus(std::uint64_t room_number, std::uint64_t last_seq) {
  std::uint64_t bytes = 0;
  {
    StatementRun run(surplus_bytes_, room_number, last_seq);
    if (run.Next()) bytes = run.Unsigned(0);
    if (!run.status()) return run.status();
  }
  const Status removed = Run(remove_surplus_, room_number, last_seq);
  return removed ? Run(subtract_bytes_, bytes) : removed;
}

Status MessageWriter::EndRoom(std::uint64_t room_number, TimePoint at) {
  std::optional<bool> has_messages;
  {
    StatementRun run(has_messages_, room_number);
    if (run.Next()) has_messages = run.Integer(0) != 0;
    if (!run.status()) return run.status();
  }
  if (!has_messages) return {};  // this room never had one
  Status ended = Run(end_room_, room_number, at);
  if (ended && !*has_messages) ended = Run(forget_room_, room_number);
  return ended;
}

Status MessageWriter::Settle(const ReceivedMessages& received) {
  return Run(settle_, received.receiver.value, Storable(received.position));
}

Result<std::size_t> MessageWriter::Trim(const MessageRetention& retention) {
  const Result<std::size_t> old = TrimOld(retention);
  if (!old) return old;
  const Result<std::size_t> ended =
      TrimEnded(retention.keep_ended_since, retention.most_per_call - *old);
  if (!ended) return ended;
  return *old + *ended;
}

Result<std::size_t> MessageWriter::TrimOld(const MessageRetention& retention) {
  std::uint64_t stored = 0;
  {
    StatementRun run(bytes_);
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
    StatementRun run(oldest_, retention.most_per_call);
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
  if (const Status done = Run(remove_until_, end); !done) return done.error();
  if (const Status done = Run(subtract_bytes_, bytes); !done) return done.error();
  for (const std::uint64_t room_number : rooms) {
    if (const Status done = Run(forget_room_, room_number); !done) return done.error();
  }
  for (const std::string& receiver : receivers) {
    if (const Status done = Run(forget_receiver_, receiver); !done) return done.error();
  }
  return removed;
}

Result<std::size_t> MessageWriter::TrimEnded(TimePoint keep_ended_since, std::size_t limit) {
  std::size_t removed = 0;
  while (removed < limit) {
    std::optional<std::uint64_t> room_number;
    {
      StatementRun run(oldest_end_, keep_ended_since);
      if (run.Next()) room_number = run.Unsigned(0);
      if (!run.status()) return run.status().error();
    }
    if (!room_number) return removed;
    std::uint64_t bytes = 0;
    {
      StatementRun run(remove_oldest_of_room_, *room_number, limit - removed);
      for (; run.Next(); ++removed) bytes += run.Unsigned(0);
      if (!run.status()) return run.status().error();
    }
    if (const Status done = Run(subtract_bytes_, bytes); !done) return done.error();
    if (const Status done = Run(forget_room_, *room_number); !done) return done.error();
  }
  return removed;
}

Status MessageReader::Prepare(Database& database) {
  const std::string select = fmt::format("SELECT {} FROM messages ", kColumns);
  return PrepareAll(
      database,
      {{after_, select + "WHERE position > ? ORDER BY position LIMIT ?"},
       {newest_, "SELECT last_message_position FROM meta WHERE only_row = 1"},
       {newest_of_room_, kSelectLastSeq},
       {of_room_, select + "WHERE room_number = ?1 AND seq >= ?2"
                           " AND EXISTS (SELECT 1 FROM rooms WHERE sequence = ?1)"
                           " ORDER BY seq LIMIT ?3"},
       {of_pair_, select + "WHERE receiver IS NOT NULL AND min(sender, receiver) = min(?1, ?2)"
                           " AND max(sender, receiver) = max(?1, ?2) AND position < ?3"
                           " ORDER BY position DESC LIMIT ?4"},
       {pending_,
        select + fmt::format(
                     "WHERE position IN (SELECT position FROM (SELECT p.position AS position,"
                     " row_number() OVER (PARTITION BY p.sender ORDER BY p.position DESC) AS turn"
                     " FROM (SELECT position, sender FROM messages WHERE receiver = ?1"
                     " AND position > coalesce("
                     "(SELECT position FROM settled_messages WHERE receiver = ?1), 0)"
                     " ORDER BY position DESC LIMIT {}) p"
                     " CROSS JOIN messages m ON m.position = p.position WHERE m.sent_at_ms >= ?2)"
                     " ORDER BY turn, position DESC LIMIT ?3) ORDER BY position",
                     kMaxPendingRead)},
       {sent_,
        "SELECT position, receiver FROM messages WHERE sender = ? AND receiver IS NOT NULL"
        " ORDER BY position DESC LIMIT 1000"},
       {received_,
        "SELECT position, sender FROM messages WHERE receiver = ?"
        " ORDER BY position DESC LIMIT 1000"},
       {is_pending_,
        "SELECT 1 FROM messages WHERE receiver = ?1 AND position <= ?2 AND position > ifnull("
        "(SELECT position FROM settled_messages WHERE receiver = ?1), 0) LIMIT 1"},
       {at_, select + "WHERE position = ?"}});
}

template <typename... Values>
Result<std::vector<StoredMessage>> MessageReader::Collect(Statement& statement,
                                                          const Values&... values) {
  std::vector<StoredMessage> messages;
  StatementRun run(statement, values...);
  while (run.Next()) messages.push_back(ReadMessage(run));
  if (!run.status()) return run.status().error();
  return messages;
}

Result<std::vector<StoredMessage>> MessageReader::Read(std::uint64_t position, std::size_t limit) {
  return Collect(after_, Storable(position), limit);
}

Result<bool> MessageReader::IsPending(const ReceivedMessages& received) {
  StatementRun run(is_pending_, received.receiver.value, Storable(received.position));
  if (run.Next()) return true;
  return run.status() ? Result<bool>(false) : run.status().error();
}

Result<std::uint64_t> MessageReader::Newest() {
  StatementRun run(newest_);
  if (run.Next()) return run.Unsigned(0);
  return run.status() ? Error{Errc::kStoreBroken, "its table meta is empty"} : run.status().error();
}

Result<std::uint64_t> MessageReader::NewestOfRoom(std::uint64_t room_number) {
  return LastSeq(newest_of_room_, room_number);
}

Result<std::vector<StoredMessage>> MessageReader::ReadRoom(std::uint64_t room_number,
                                                           std::uint64_t first, std::size_t limit) {
  return Collect(of_room_, room_number, Storable(first), limit);
}

Result<std::vector<StoredMessage>> MessageReader::ReadDirect(const UserId& one, const UserId& other,
                                                             std::optional<std::uint64_t> before,
                                                             std::size_t limit) {
  constexpr std::uint64_t kNoBound = std::numeric_limits<std::uint64_t>::max();
  return Collect(of_pair_, one.value, other.value, Storable(before.value_or(kNoBound)), limit);
}

Result<std::vector<StoredMessage>> MessageReader::ReadPending(const UserId& receiver,
                                                              TimePoint since, std::size_t limit) {
  return Collect(pending_, receiver.value, since, limit);
}

Result<std::vector<StoredMessage>> MessageReader::ReadConversations(const UserId& user,
                                                                    std::size_t limit) {
  const Result<std::vector<std::uint64_t>> positions = NewestWithPeers(user, limit);
  if (!positions) return positions.error();
  std::vector<StoredMessage> newest;
  for (const std::uint64_t position : *positions) {
    Result<std::vector<StoredMessage>> found = Collect(at_, position);
    if (!found) return found;
    std::ranges::move(*found, std::back_inserter(newest));
  }
  return newest;
}

Result<std::vector<std::uint64_t>> MessageReader::NewestWithPeers(const UserId& user,
                                                                  std::size_t limit) {
  std::vector<std::uint64_t> newest;
  std::set<std::string> peers;
  StatementRun sent(sent_, user.value);
  StatementRun received(received_, user.value);
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

}  // namespace rtcroom
