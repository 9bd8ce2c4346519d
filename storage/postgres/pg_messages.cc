#include "storage/postgres/pg_messages.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "storage/postgres/pg_engine.h"

namespace rtcroom {
namespace {

// The body, of whatever type. Nodes of an earlier version take `body` for JSON.
#define RTCROOM_BODY "CASE type WHEN 0 THEN body ELSE plain_body END"
// The beginning of each statement that reads rows.
#define RTCROOM_SELECT_MESSAGES                                                            \
  "SELECT m.position, m.room_number, m.seq, m.receiver, m.sender, m.nick, m.client_seq,"   \
  " m.client_random, m.sent_at_ms, " RTCROOM_BODY                                          \
  ", m.client_time, m.custom, m.priority, m.is_unguarded, m.wants_receipt, m.type, m.cmd," \
  " m.avatar FROM messages m "

const PgReaderStatement kReadMessages{"messages_read", RTCROOM_SELECT_MESSAGES R"(
    WHERE m.position > $1 ORDER BY m.position LIMIT $2)"};
const PgReaderStatement kNewestMessage{"messages_newest", R"(
    SELECT greatest(max(position), (SELECT last_message FROM meta)) FROM messages)"};
const PgReaderStatement kNewestOfRoom{"messages_newest_of_room", R"(
    SELECT coalesce(m.last_seq, 0) FROM rooms r
    LEFT JOIN message_rooms m ON m.room_number = r.number WHERE r.number = $1)"};
const PgReaderStatement kReadOfRoom{"messages_of_room", RTCROOM_SELECT_MESSAGES R"(
    WHERE m.room_number = $1 AND m.seq >= $2 AND EXISTS (SELECT 1 FROM rooms WHERE number = $1)
    ORDER BY m.seq LIMIT $3)"};
#define RTCROOM_BETWEEN_TWO                                           \
  "WHERE m.receiver IS NOT NULL AND least(m.sender, m.receiver) = $1" \
  " AND greatest(m.sender, m.receiver) = $2 AND "
const PgReaderStatement kReadOfPair{"messages_of_pair", RTCROOM_SELECT_MESSAGES RTCROOM_BETWEEN_TWO
                                    "m.position < $3 ORDER BY m.position DESC LIMIT $4"};
const PgReaderStatement kReadOfPairUntil{"messages_of_pair_until",
                                         RTCROOM_SELECT_MESSAGES RTCROOM_BETWEEN_TWO
                                         "m.sent_at_ms <= $3 ORDER BY m.position DESC LIMIT $4"};
const PgReaderStatement kReadOfPairSince{"messages_of_pair_since",
                                         RTCROOM_SELECT_MESSAGES RTCROOM_BETWEEN_TWO
                                         "m.sent_at_ms >= $3 ORDER BY m.position LIMIT $4"};
#undef RTCROOM_BETWEEN_TWO
const PgReaderStatement kReadOfUser{"messages_of_user", RTCROOM_SELECT_MESSAGES R"(
    WHERE m.position = ANY (ARRAY(
      (SELECT position FROM messages WHERE sender = $1 AND receiver IS NOT NULL AND position > $2
        ORDER BY position LIMIT $3)
      UNION ALL
      (SELECT position FROM messages WHERE receiver = $1 AND position > $2
        ORDER BY position LIMIT $3)))
    ORDER BY m.position LIMIT $3)"};
const PgReaderStatement kReadPending{"messages_pending", RTCROOM_SELECT_MESSAGES R"(
    WHERE m.position = ANY (ARRAY(
      SELECT turns.position FROM (
        SELECT p.position,
               row_number() OVER (PARTITION BY p.sender ORDER BY p.position DESC) AS turn
        FROM (
          SELECT position, sender, sent_at_ms FROM messages
          WHERE receiver = $1 AND position > coalesce(
            (SELECT s.position FROM settled_messages s WHERE s.receiver = $1), 0)
          ORDER BY position DESC LIMIT $4) p
        WHERE p.sent_at_ms >= $2) turns
      ORDER BY turns.turn, turns.position DESC LIMIT $3))
    ORDER BY m.position)"};
const PgReaderStatement kReadConversations{"messages_conversations", RTCROOM_SELECT_MESSAGES R"(
    JOIN (
      SELECT max(recent.position) AS position FROM (
        (SELECT position, receiver AS peer FROM messages
          WHERE sender = $1 AND receiver IS NOT NULL ORDER BY position DESC LIMIT 1000)
        UNION ALL
        (SELECT position, sender AS peer FROM messages
          WHERE receiver = $1 ORDER BY position DESC LIMIT 1000)) recent
      GROUP BY recent.peer ORDER BY 1 DESC LIMIT $2) newest
    ON newest.position = m.position ORDER BY m.position DESC)"};
#undef RTCROOM_SELECT_MESSAGES
const PgReaderStatement kHasPending{"messages_has_pending", R"(
    SELECT 1 FROM unnest($1::text[], $2::bigint[]) AS v (receiver, position)
    CROSS JOIN LATERAL (SELECT position FROM messages
      WHERE receiver = v.receiver AND position <= v.position ORDER BY position DESC LIMIT 1) m
    LEFT JOIN settled_messages s ON s.receiver = v.receiver
    WHERE m.position > coalesce(s.position, 0) LIMIT 1)"};
#define RTCROOM_BYTES_OF_MESSAGE                                                          \
  "128 + coalesce(octet_length(receiver), 0) + octet_length(sender) + octet_length(nick)" \
  " + octet_length(custom) + octet_length(cmd) + octet_length(avatar)"                    \
  " + octet_length(" RTCROOM_BODY ")"

const PgReaderStatement kCountBytes{"messages_bytes", R"(
    SELECT count(*), coalesce(max(position), $1), coalesce(sum(bytes), 0)::bigint FROM (
      SELECT position, )" RTCROOM_BYTES_OF_MESSAGE R"( AS bytes FROM messages
      WHERE position > $1 ORDER BY position LIMIT $2) counted)"};

// The content of a row that is appended, and of the one that it repeats.
#define RTCROOM_CONTENT                         \
  "nick, client_seq, sent_at_ms, " RTCROOM_BODY \
  ", client_time, custom, priority, is_unguarded, wants_receipt, type, cmd, avatar"
#define RTCROOM_NO_CONTENT                                                           \
  "NULL::bytea, NULL::bigint, NULL::bigint, NULL::bytea, NULL::bigint, NULL::bytea," \
  " NULL::smallint, NULL::smallint, NULL::smallint, NULL::smallint, NULL::bytea, NULL::bytea"

// An earlier message that this one repeats is returned, with its text, and nothing written. It is
// found in the order of `messages_by_random`: a column that IS NULL is not left out of an order.
const PgWriterStatement kAppendToRoom{"messages_append_to_room", R"(
    WITH room AS (
      SELECT r.number, coalesce(m.last_seq, 0) + 1 AS seq FROM rooms r
      LEFT JOIN message_rooms m ON m.room_number = r.number WHERE r.number = $1),
    newest AS (
      SELECT m.* FROM messages m
      WHERE m.sender = $3 AND m.client_random = $6 AND m.room_number = $1 AND m.receiver IS NULL
      ORDER BY m.receiver DESC, m.position DESC LIMIT 1),
    earlier AS (
      SELECT * FROM newest
      WHERE (position > $9 OR sent_at_ms > $10) AND EXISTS (SELECT 1 FROM room)),
    fresh AS (SELECT number, seq FROM room WHERE NOT EXISTS (SELECT 1 FROM earlier)),
    counted AS (
      INSERT INTO message_rooms (room_number, last_seq) SELECT number, seq FROM fresh
      ON CONFLICT (room_number) DO UPDATE SET last_seq = excluded.last_seq),
    surplus AS (
      DELETE FROM messages m USING fresh
      WHERE m.room_number = fresh.number AND m.seq <= fresh.seq - $2),
    added AS (
      INSERT INTO messages (position, room_number, seq, sender, nick, client_seq, client_random,
        sent_at_ms, body, plain_body, client_time, custom, priority, is_unguarded, wants_receipt,
        type, cmd, avatar)
      SELECT (SELECT greatest(max(position), (SELECT last_message FROM meta)) + 1 FROM messages),
        number, seq, $3::text, $4::bytea, $5::bigint, $6::bigint, $7::bigint,
        CASE $16::smallint WHEN 0 THEN $8::bytea ELSE '[]' END,
        CASE $16::smallint WHEN 0 THEN '' ELSE $8::bytea END, $11::bigint, $12::bytea,
        $13::smallint, $14::smallint, $15::smallint, $16::smallint, $17::bytea, $18::bytea
      FROM fresh RETURNING position, seq)
    SELECT position, seq, )" RTCROOM_NO_CONTENT R"( FROM added
    UNION ALL SELECT position, seq, )" RTCROOM_CONTENT R"( FROM earlier)"};
const PgWriterStatement kAppendToUser{"messages_append_to_user", R"(
    WITH newest AS (
      SELECT m.* FROM messages m
      WHERE m.sender = $2 AND m.client_random = $5 AND m.room_number IS NULL AND m.receiver = $1
      ORDER BY m.room_number DESC, m.position DESC LIMIT 1),
    earlier AS (SELECT * FROM newest WHERE position > $8 OR sent_at_ms > $9),
    added AS (
      INSERT INTO messages (position, receiver, sender, nick, client_seq, client_random, sent_at_ms,
        body, plain_body, client_time, custom, priority, is_unguarded, wants_receipt, type, cmd,
        avatar)
      SELECT (SELECT greatest(max(position), (SELECT last_message FROM meta)) + 1 FROM messages),
        $1::text, $2::text, $3::bytea, $4::bigint, $5::bigint, $6::bigint,
        CASE $15::smallint WHEN 0 THEN $7::bytea ELSE '[]' END,
        CASE $15::smallint WHEN 0 THEN '' ELSE $7::bytea END, $10::bigint, $11::bytea,
        $12::smallint, $13::smallint, $14::smallint, $15::smallint, $16::bytea, $17::bytea
      WHERE NOT EXISTS (SELECT 1 FROM earlier) RETURNING position)
    SELECT position, 0::bigint, )" RTCROOM_NO_CONTENT R"( FROM added
    UNION ALL SELECT position, 0::bigint, )" RTCROOM_CONTENT R"( FROM earlier)"};
#undef RTCROOM_NO_CONTENT
#undef RTCROOM_CONTENT
// A position with a message, so that later ones are pending whatever the caller gave.
const PgWriterStatement kSettleMessages{"messages_settle", R"(
    INSERT INTO settled_messages (receiver, position)
    SELECT v.receiver, m.position FROM unnest($1::text[], $2::bigint[]) AS v (receiver, position)
    CROSS JOIN LATERAL (SELECT position FROM messages
      WHERE receiver = v.receiver AND position <= v.position ORDER BY position DESC LIMIT 1) m
    LEFT JOIN settled_messages s ON s.receiver = v.receiver
    WHERE m.position > coalesce(s.position, 0)
    ON CONFLICT (receiver) DO UPDATE SET position = excluded.position)"};
const PgWriterStatement kEndMessages{"messages_end_rooms", R"(
    WITH ended AS (
      SELECT r.room_number, v.at_ms, m.seq IS NOT NULL AS has_messages
      FROM unnest($1::bigint[], $2::bigint[]) AS v (room_number, at_ms)
      JOIN message_rooms r ON r.room_number = v.room_number
      LEFT JOIN LATERAL
        (SELECT seq FROM messages WHERE room_number = v.room_number LIMIT 1) m ON true),
    forgotten AS (
      DELETE FROM message_rooms r USING ended e
      WHERE r.room_number = e.room_number AND NOT e.has_messages)
    UPDATE message_rooms r SET ended_at_ms = e.at_ms FROM ended e
    WHERE r.room_number = e.room_number AND e.has_messages)"};
// `$6` bytes may be removed whatever their age.
// What is removed of a room, or of the messages to a user, are always the oldest. `ended` has the
// messages of one room after those of the other, since they are joined by a loop over the rooms.
const PgWriterStatement kTrimMessages{"messages_trim", R"(
    WITH oldest AS (
      SELECT position, sent_at_ms < $1 OR position <= $2 OR
        coalesce(sum(bytes) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING
          AND 1 PRECEDING), 0) < $6 AS may_go
      FROM (
        SELECT position, sent_at_ms, )" RTCROOM_BYTES_OF_MESSAGE R"( AS bytes FROM messages
        ORDER BY position LIMIT $4) first),
    old AS (
      SELECT position FROM oldest WHERE position < coalesce(
        (SELECT min(position) FROM oldest WHERE NOT may_go), 9223372036854775807)),
    ended AS (
      SELECT m.position FROM (
        SELECT room_number FROM message_rooms WHERE ended_at_ms < $3
        ORDER BY ended_at_ms, room_number LIMIT $4) r
      CROSS JOIN LATERAL (
        SELECT position FROM messages WHERE room_number = r.room_number
          AND position > (SELECT coalesce(max(position), 0) FROM old) ORDER BY seq) m
      LIMIT $4 - (SELECT count(*) FROM old)),
    gone AS (
      DELETE FROM messages WHERE position = ANY (ARRAY(
        SELECT position FROM old UNION ALL SELECT position FROM ended))
      RETURNING position, room_number, seq, receiver, )" RTCROOM_BYTES_OF_MESSAGE R"( AS bytes),
    marked AS (UPDATE removal SET time_ms = $5 WHERE EXISTS (SELECT 1 FROM gone)),
    counted AS (
      UPDATE meta SET last_message = g.position
      FROM (SELECT max(position) AS position FROM gone) g
      WHERE g.position = (SELECT max(position) FROM messages)),
    rooms_forgotten AS (
      DELETE FROM message_rooms r USING (
        SELECT room_number, max(seq) AS seq FROM gone
        WHERE room_number IS NOT NULL GROUP BY room_number) g
      WHERE r.room_number = g.room_number AND r.ended_at_ms IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM messages m WHERE m.room_number = g.room_number AND m.seq > g.seq)),
    receivers_forgotten AS (
      DELETE FROM settled_messages s USING (
        SELECT receiver, max(position) AS position FROM gone
        WHERE receiver IS NOT NULL GROUP BY receiver) g
      WHERE s.receiver = g.receiver AND NOT EXISTS (
        SELECT 1 FROM messages m WHERE m.receiver = g.receiver AND m.position > g.position))
    SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM gone)"};
#undef RTCROOM_BYTES_OF_MESSAGE
#undef RTCROOM_BODY

Error NoSuchRoom(std::uint64_t room_number) {
  return {Errc::kRoomNotFound, fmt::format("room number {}", room_number)};
}

/// The columns from `client_time` to `avatar`, of which `first` is the first.
void ReadExtras(PgRows& rows, int first, MessageContent& content) {
  content.client_time = rows.Unsigned(first);
  content.custom = rows.Text(first + 1);
  content.priority = static_cast<std::uint8_t>(rows.Integer(first + 2));
  content.is_unguarded = rows.Integer(first + 3) != 0;
  content.wants_receipt = rows.Integer(first + 4) != 0;
  content.type = static_cast<MessageType>(rows.Integer(first + 5));
  content.cmd = rows.Text(first + 6);
  content.avatar = rows.Text(first + 7);
}

StoredMessage ReadMessage(PgRows& rows) {
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
    kExtras
  };
  StoredMessage message{.position = rows.Unsigned(kPosition),
                        .content = {.sender = {rows.Text(kSender)},
                                    .nick = rows.Text(kNick),
                                    .client_seq = rows.Unsigned(kClientSeq),
                                    .client_random = rows.Unsigned(kClientRandom),
                                    .body = rows.Text(kBody),
                                    .sent_at = rows.Time(kSentAt)}};
  ReadExtras(rows, kExtras, message.content);
  if (rows.IsNull(kReceiver)) {
    message.room_number = rows.Unsigned(kRoomNumber);
    message.seq = rows.Unsigned(kSeq);
  } else {
    message.receiver.value = rows.Text(kReceiver);
  }
  return message;
}

std::uint64_t ReadMessageNumber(PgRows& rows) { return rows.Unsigned(0); }

PgCall ReceivedCall(const PgStatement& statement, std::span<const ReceivedMessages> received) {
  // A statement must not write a row twice.
  std::map<std::string_view, std::uint64_t> last;
  for (const auto& [receiver, position] : received) {
    std::uint64_t& of_receiver = last[receiver.value];
    of_receiver = std::max(of_receiver, position);
  }
  PgArray<std::string_view> receivers;
  PgArray<std::uint64_t> positions;
  for (const auto& [receiver, position] : last) {
    receivers.Add(receiver);
    positions.Add(ToPgBound(position));
  }
  return PgCall(statement, receivers, positions);
}

/// Messages whose bytes one statement counts.
constexpr std::size_t kCountedPerStep = 20'000;

/// Counts on with the next `limit` messages.
Result<pg::MessageTally> CountMessages(PgConnection& connection, const pg::MessageTally& before,
                                       std::size_t limit, MonotonicTime deadline) {
  const auto counted =
      ReadPgRows(connection, PgCall(kCountBytes, ToPgBound(before.through), ToPgBound(limit)),
                 deadline, [&](PgRows& rows) {
                   return pg::MessageTally{.through = rows.Unsigned(1),
                                           .bytes = before.bytes + rows.Unsigned(2),
                                           .is_complete = rows.Unsigned(0) < limit};
                 });
  if (!counted) return counted.error();
  return counted->empty() ? before : counted->front();
}

}  // namespace

Result<AppendedMessage> PgMessages::AppendMessage(StoredMessage message,
                                                  const RepeatsAfter& repeats) {
  AppendedMessage appended{std::move(message)};
  const Status written =
      engine_.Write([&] { return pg::AppendMessage(appended, repeats, max_room_messages_); });
  if (!written) return written.error();
  return appended;
}

Result<std::vector<StoredMessage>> PgMessages::ReadMessages(std::uint64_t position,
                                                            std::size_t limit) {
  return engine_.RunConfirmed([=](PgConnection& connection, MonotonicTime deadline) {
    return ReadPgRows(connection, PgCall(kReadMessages, ToPgBound(position), ToPgBound(limit)),
                      deadline, ReadMessage);
  });
}

Result<std::uint64_t> PgMessages::NewestMessage() {
  const auto newest = engine_.RunConfirmed([](PgConnection& connection, MonotonicTime deadline) {
    return ReadPgRows(connection, PgCall(kNewestMessage), deadline, ReadMessageNumber);
  });
  if (!newest) return newest.error();
  return newest->empty() ? 0 : newest->front();
}

Result<std::uint64_t> PgMessages::NewestRoomMessage(std::uint64_t room_number) {
  return engine_.RunConfirmed(
      [=](PgConnection& connection, MonotonicTime deadline) -> Result<std::uint64_t> {
        const auto newest = ReadPgRows(connection, PgCall(kNewestOfRoom, ToPgBound(room_number)),
                                       deadline, ReadMessageNumber);
        if (!newest) return newest.error();
        if (newest->empty()) return NoSuchRoom(room_number);
        return newest->front();
      });
}

Result<std::vector<StoredMessage>> PgMessages::ReadRoomMessages(std::uint64_t room_number,
                                                                std::uint64_t first,
                                                                std::size_t limit) {
  return engine_.ReadRows(
      PgCall(kReadOfRoom, ToPgBound(room_number), ToPgBound(first), ToPgBound(limit)), ReadMessage);
}

Result<std::vector<StoredMessage>> PgMessages::ReadDirectMessages(
    const UserId& one, const UserId& other, std::optional<std::uint64_t> before,
    std::size_t limit) {
  constexpr std::uint64_t kNoBound = std::numeric_limits<std::uint64_t>::max();
  // Both orders of texts are that of bytes.
  const auto& [least, greatest] = std::minmax(one.value, other.value);
  return engine_.ReadRows(
      PgCall(kReadOfPair, least, greatest, ToPgBound(before.value_or(kNoBound)), ToPgBound(limit)),
      ReadMessage);
}

Result<std::vector<StoredMessage>> PgMessages::ReadDirectMessagesAt(
    const UserId& one, const UserId& other, TimePoint time, FromTime direction, std::size_t limit) {
  const auto& [least, greatest] = std::minmax(one.value, other.value);
  const PgStatement& statement = direction == FromTime::kBack ? kReadOfPairUntil : kReadOfPairSince;
  return engine_.ReadRows(PgCall(statement, least, greatest, time, ToPgBound(limit)), ReadMessage);
}

Result<std::vector<StoredMessage>> PgMessages::ReadMessagesOf(const UserId& user,
                                                              std::uint64_t position,
                                                              std::size_t limit) {
  return engine_.ReadRows(PgCall(kReadOfUser, user.value, ToPgBound(position), ToPgBound(limit)),
                          ReadMessage);
}

Result<std::vector<StoredMessage>> PgMessages::ReadPendingMessages(const UserId& receiver,
                                                                   TimePoint since,
                                                                   std::size_t limit) {
  return engine_.ReadRows(
      PgCall(kReadPending, receiver.value, since, ToPgBound(limit), ToPgBound(kMaxPendingRead)),
      ReadMessage);
}

Status PgMessages::SettleMessages(std::span<const ReceivedMessages> received) {
  const auto pending = engine_.ReadRows(ReceivedCall(kHasPending, received), ReadMessageNumber);
  if (!pending) return pending.error();
  if (pending->empty()) return {};
  return engine_.Write([=] { return pg::SettleMessages(received); });
}

Result<std::vector<StoredMessage>> PgMessages::ReadConversations(const UserId& user,
                                                                 std::size_t limit) {
  return engine_.ReadRows(PgCall(kReadConversations, user.value, ToPgBound(limit)), ReadMessage);
}

Result<std::size_t> PgMessages::TrimMessages(const MessageRetention& retention) {
  const auto count = [this](const pg::MessageTally& before) {
    return engine_.Run([&](PgConnection& connection, MonotonicTime deadline) {
      return CountMessages(connection, before, kCountedPerStep, deadline);
    });
  };
  const Result<std::uint64_t> counted = tally_.CountSurplus(retention, count);
  if (!counted) return counted.error();
  std::uint64_t surplus = *counted;
  std::size_t removed = 0;
  while (true) {
    MessageRetention step = retention;
    step.most_per_call = std::min(PgEngine::kRemovedPerStep, retention.most_per_call - removed);
    pg::TrimmedMessages trimmed;
    const Status written =
        engine_.WriteLightly([&] { return pg::TrimMessages(step, surplus, trimmed); });
    if (!written) return written.error();
    removed += trimmed.count;
    surplus -= std::min(surplus, trimmed.bytes);
    tally_.Subtract(trimmed.bytes);
    if (trimmed.count < step.most_per_call || removed == retention.most_per_call) return removed;
  }
}

PgWrite pg::AppendMessage(AppendedMessage& message, const RepeatsAfter& repeats,
                          std::size_t max_room_messages) {
  const MessageContent& content = message.content;
  PgWrite write;
  const auto append = [&](const PgStatement& statement, const auto&... to) {
    write.calls.emplace_back(statement, to..., content.sender.value, PgBytes(content.nick),
                             content.client_seq, content.client_random, content.sent_at,
                             PgBytes(content.body), ToPgBound(repeats.position), repeats.sent_at,
                             content.client_time, PgBytes(content.custom),
                             std::int16_t{content.priority}, std::int16_t{content.is_unguarded},
                             std::int16_t{content.wants_receipt}, content.type,
                             PgBytes(content.cmd), PgBytes(content.avatar));
  };
  if (message.receiver.value.empty()) {
    append(kAppendToRoom, ToPgBound(message.room_number), ToPgBound(max_room_messages));
  } else {
    append(kAppendToUser, message.receiver.value);
  }
  write.finish = [&message](std::span<PgRows> results) -> Status {
    enum : int { kPosition, kSeq, kNick, kClientSeq, kSentAt, kBody, kExtras };
    PgRows& rows = results.front();
    if (!rows.Next()) return rows.status() ? NoSuchRoom(message.room_number) : rows.status();
    message.position = rows.Unsigned(kPosition);
    message.seq = rows.Unsigned(kSeq);
    message.is_new = rows.IsNull(kNick);
    if (message.is_new) return rows.status();
    message.content.nick = rows.Text(kNick);
    message.content.client_seq = rows.Unsigned(kClientSeq);
    message.content.sent_at = rows.Time(kSentAt);
    message.content.body = rows.Text(kBody);
    ReadExtras(rows, kExtras, message.content);
    return rows.status();
  };
  return write;
}

PgWrite pg::SettleMessages(std::span<const ReceivedMessages> received) {
  return {.calls = {ReceivedCall(kSettleMessages, received)}};
}

PgWrite pg::TrimMessages(const MessageRetention& retention, std::uint64_t surplus,
                         TrimmedMessages& trimmed) {
  PgCall call(kTrimMessages, retention.keep_since, ToPgBound(retention.keep_after),
              retention.keep_ended_since, ToPgBound(retention.most_per_call), retention.as_of,
              ToPgBound(surplus));
  return {.calls = {std::move(call)}, .finish = [&trimmed](std::span<PgRows> results) {
            PgRows& rows = results.front();
            if (rows.Next()) trimmed = {.count = rows.Unsigned(0), .bytes = rows.Unsigned(1)};
            return rows.status();
          }};
}

PgCall pg::EndMessages(std::span<const EndedRoom> rooms) {
  PgArray<std::uint64_t> numbers;
  PgArray<TimePoint> ends;
  for (const EndedRoom& room : rooms) {
    numbers.Add(room.number);
    ends.Add(room.at);
  }
  return PgCall(kEndMessages, numbers, ends);
}

}  // namespace rtcroom
