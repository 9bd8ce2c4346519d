#include "storage/postgres/pg_events.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "storage/postgres/pg_read.h"
#include "storage/postgres/pg_text.h"
#include "storage/shared/event_payload.h"

namespace rtcroom::pg {
namespace {

enum Column : int {
  kPosition,
  kRoomKind,
  kRoomId,
  kDialect,
  kRoomSequence,
  kAt,
  kType,
  kUserId,
  kUserName,
  kUserAvatar,
  kReason,
  kCreator,
  kInfo,
  kRoomNumber,
  kField,
  kColumnCount,
};

// The history of a room is a chain: the previous event of the first one is the end of the room that
// had its key before.
constexpr std::string_view kChain =
    "WITH RECURSIVE chain AS ((SELECT * FROM events WHERE room_id = $1 AND room_kind = $2"
    " AND position = ";
constexpr std::string_view kFromNewest =
    "coalesce((SELECT last_position FROM rooms WHERE id = $1 AND kind = $2),"
    " (SELECT position FROM events WHERE room_id = $1 AND room_kind = $2 AND type = 5"
    " ORDER BY position DESC LIMIT 1)))";
constexpr std::string_view kFromEarlier =
    "coalesce((SELECT nullif(previous, 0) FROM events WHERE position = $4 AND room_id = $1"
    " AND room_kind = $2), (SELECT position FROM events WHERE room_id = $1 AND room_kind = $2"
    " AND type = 5 AND position < $4 ORDER BY position DESC LIMIT 1)))";
constexpr std::string_view kAlongChain =
    " UNION ALL SELECT e.* FROM chain c JOIN LATERAL (SELECT * FROM events"
    " WHERE position = coalesce(nullif(c.previous, 0), (SELECT position FROM events"
    " WHERE room_id = $1 AND room_kind = $2 AND type = 5 AND position < c.position"
    " ORDER BY position DESC LIMIT 1))) e ON true) ";
constexpr std::string_view kSelect = "SELECT ";
constexpr std::string_view kColumns =
    "e.position, e.room_kind, e.room_id, e.dialect, e.room_sequence, e.at_ms, e.type, e.user_id,"
    " e.user_name, e.user_avatar, e.reason, e.creator, e.info, e.room_number, e.field";
constexpr std::string_view kOfChain = " FROM chain e LIMIT $3";
constexpr std::string_view kOfMeta =
    ", m.epoch, m.trimmed_position,"
    " greatest(m.trimmed_position, (SELECT coalesce(max(position), 0) FROM events))"
    " FROM meta m LEFT JOIN LATERAL (SELECT * FROM events"
    " WHERE position > greatest($1, CASE WHEN $3 THEN m.trimmed_position ELSE 0 END)"
    " ORDER BY position LIMIT $2) e ON true";

constexpr PgStatement kReadEvents{"read_events", kPgText<kSelect, kColumns, kOfMeta>};
constexpr PgStatement kReadNewestOfRoom{
    "read_newest_of_room", kPgText<kChain, kFromNewest, kAlongChain, kSelect, kColumns, kOfChain>};
constexpr PgStatement kReadEarlierOfRoom{
    "read_earlier_of_room",
    kPgText<kChain, kFromEarlier, kAlongChain, kSelect, kColumns, kOfChain>};
constexpr PgStatement kNewest{
    "newest",
    "SELECT epoch, greatest(trimmed_position, (SELECT coalesce(max(position), 0) FROM events))"
    " FROM meta"};
constexpr PgStatement kLogEnds{
    "log_ends",
    "SELECT greatest(trimmed_position, (SELECT coalesce(max(position), 0) FROM events)),"
    " trimmed_position FROM meta"};
constexpr PgStatement kFindTag{
    "find_tag", "SELECT position FROM events WHERE position > $1 AND tag = $2 LIMIT 1"};

constexpr PgStatement kInsertEvents{
    "insert_events",
    "WITH b AS (SELECT greatest(m.trimmed_position, (SELECT coalesce(max(position), 0)"
    " FROM events)) AS base, coalesce((SELECT bytes_through FROM events ORDER BY position DESC"
    " LIMIT 1), 0) AS bytes FROM meta m),"
    " i AS (INSERT INTO events (position, tag, room_kind, room_id, dialect, room_sequence, at_ms,"
    " type, user_id, user_name, user_avatar, reason, creator, info, room_number, field, previous,"
    " bytes_through)"
    " SELECT b.base + v.n, $1, v.room_kind, v.room_id, v.dialect, v.room_sequence, v.at_ms, v.type,"
    " v.user_id, v.user_name, v.user_avatar, v.reason, v.creator, v.info,"
    " CASE WHEN v.room_number > 4611686018427387904"
    " THEN b.base + (v.room_number - 4611686018427387904) ELSE v.room_number END, v.field,"
    " CASE WHEN v.previous > 4611686018427387904"
    " THEN b.base + (v.previous - 4611686018427387904) ELSE v.previous END,"
    " b.bytes + v.bytes_through"
    " FROM b, unnest($2::smallint[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[],"
    " $7::smallint[], $8::text[], $9::bytea[], $10::bytea[], $11::smallint[], $12::text[],"
    " $13::bytea[], $14::bigint[], $15::bytea[], $16::bigint[], $17::bigint[]) WITH ORDINALITY"
    " v(room_kind, room_id, dialect, room_sequence, at_ms, type, user_id, user_name, user_avatar,"
    " reason, creator, info, room_number, field, previous, bytes_through, n))"
    " SELECT base FROM b"};

// The oldest that may not go ends it. Sizes are differences of running totals: those of what is
// left begin with the first event.
constexpr PgStatement kTrimEvents{
    "trim_events",
    "WITH m AS (SELECT trimmed_position FROM meta),"
    " newest AS (SELECT position, bytes_through FROM events ORDER BY position DESC LIMIT 1),"
    " o AS (SELECT position, at_ms, bytes_through - (64 + octet_length(room_id)"
    " + coalesce(octet_length(user_id), 0) + coalesce(octet_length(user_name), 0)"
    " + coalesce(octet_length(user_avatar), 0) + coalesce(octet_length(creator), 0)"
    " + coalesce(octet_length(info), 0) + coalesce(octet_length(field), 0)) AS bytes_before"
    " FROM events ORDER BY position LIMIT $4),"
    " bounds AS (SELECT max(position) AS last, min(position) FILTER (WHERE NOT ("
    " at_ms < $1 OR (SELECT position FROM newest) - position + 1 > $2"
    " OR (SELECT bytes_through FROM newest) - bytes_before > $3)) AS kept FROM o),"
    " ending AS (SELECT coalesce(kept - 1, last) AS position FROM bounds),"
    " d AS (DELETE FROM events e USING ending WHERE e.position <= ending.position RETURNING 1),"
    " u AS (UPDATE meta SET trimmed_position = ending.position FROM ending"
    " WHERE ending.position > trimmed_position RETURNING 1)"
    " SELECT count(*) FROM d"};

constexpr PgStatement kReads[] = {kReadEvents, kReadNewestOfRoom, kReadEarlierOfRoom, kNewest,
                                  kLogEnds};
constexpr PgStatement kWrites[] = {kInsertEvents, kTrimEvents, kFindTag};

Column ColumnOf(PayloadText text) {
  switch (text) {
    case PayloadText::kUserId:
      return kUserId;
    case PayloadText::kUserName:
      return kUserName;
    case PayloadText::kUserAvatar:
      return kUserAvatar;
    case PayloadText::kCreator:
      return kCreator;
    case PayloadText::kInfo:
      return kInfo;
    case PayloadText::kField:
      return kField;
  }
  return kInfo;
}

Result<StoredEvent> ReadEvent(PgRows& rows) {
  StoredEvent stored{
      .position = rows.Unsigned(kPosition),
      .room_number = rows.Unsigned(kRoomNumber),
      .event = {.room = {.kind = static_cast<RoomKind>(rows.Integer(kRoomKind)),
                         .id = {rows.Text(kRoomId)}},
                .dialect = static_cast<Dialect>(rows.Integer(kDialect)),
                .room_sequence = rows.Unsigned(kRoomSequence),
                .at = rows.Time(kAt),
                .payload = {}},
  };
  const std::int64_t type = rows.Integer(kType);
  const std::int64_t reason = rows.IsNull(kReason) ? 0 : rows.Integer(kReason);
  std::optional<EventPayload> payload = PayloadOf(type, reason, [&](PayloadText text) {
    const Column column = ColumnOf(text);
    return rows.IsNull(column) ? std::string() : rows.Text(column);
  });
  if (!payload) {
    return Error{Errc::kStoreBroken,
                 fmt::format("event {} has the unknown type {}", stored.position, type)};
  }
  stored.event.payload = *std::move(payload);
  return stored;
}

/// The columns of the events, for `kInsertEvents`.
struct EventArrays {
  PgArray<RoomKind> room_kinds;
  PgArray<std::string_view> room_ids;
  PgArray<Dialect> dialects;
  PgArray<std::uint64_t> room_sequences;
  PgArray<TimePoint> at;
  PgArray<std::int16_t> types;
  PgArray<std::optional<std::string_view>> user_ids;
  PgArray<std::optional<std::span<const std::byte>>> user_names;
  PgArray<std::optional<std::span<const std::byte>>> user_avatars;
  PgArray<std::optional<std::int16_t>> reasons;
  PgArray<std::optional<std::string_view>> creators;
  PgArray<std::optional<std::span<const std::byte>>> infos;
  PgArray<std::uint64_t> room_numbers;
  PgArray<std::optional<std::span<const std::byte>>> fields;
  PgArray<std::uint64_t> previous;
  PgArray<std::uint64_t> bytes_through;
};

std::optional<std::span<const std::byte>> Bytes(const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  return PgBytes(*text);
}

void Append(const PgNewEvent& added, std::uint64_t bytes_through, EventArrays& arrays) {
  const RoomEvent& event = added.stored.event;
  const PayloadColumns columns = std::visit(ToColumns{}, event.payload);
  arrays.room_kinds.Add(event.room.kind);
  arrays.room_ids.Add(event.room.id.value);
  arrays.dialects.Add(event.dialect);
  arrays.room_sequences.Add(event.room_sequence);
  arrays.at.Add(event.at);
  arrays.types.Add(static_cast<std::int16_t>(columns.type));
  arrays.user_ids.Add(columns.user_id);
  arrays.user_names.Add(Bytes(columns.user_name));
  arrays.user_avatars.Add(Bytes(columns.user_avatar));
  arrays.reasons.Add(columns.reason ? std::optional(static_cast<std::int16_t>(*columns.reason))
                                    : std::nullopt);
  arrays.creators.Add(columns.creator);
  arrays.infos.Add(Bytes(columns.info));
  arrays.room_numbers.Add(added.stored.room_number);
  arrays.fields.Add(Bytes(columns.field));
  arrays.previous.Add(added.previous);
  arrays.bytes_through.Add(bytes_through);
}

Result<std::vector<StoredEvent>> ReadAll(PgRows& rows) {
  std::vector<StoredEvent> events;
  while (rows.Next()) {
    Result<StoredEvent> event = ReadEvent(rows);
    if (!event) return event.error();
    events.push_back(*std::move(event));
  }
  if (!rows.status()) return rows.status().error();
  return events;
}

Result<std::uint64_t> ReadNumber(PgRows& rows) {
  const std::uint64_t number = rows.Next() ? rows.Unsigned(0) : 0;
  if (!rows.status()) return rows.status().error();
  return number;
}

}  // namespace

std::span<const PgStatement> EventReads() { return kReads; }
std::span<const PgStatement> EventWrites() { return kWrites; }

PgCall InsertEvents(std::span<const PgNewEvent> events, std::int64_t tag) {
  EventArrays arrays;
  std::uint64_t bytes = 0;
  for (const PgNewEvent& event : events) {
    bytes += StoredBytes(event.stored.event);
    Append(event, bytes, arrays);
  }
  return PgCall(kInsertEvents, tag, arrays.room_kinds, arrays.room_ids, arrays.dialects,
                arrays.room_sequences, arrays.at, arrays.types, arrays.user_ids, arrays.user_names,
                arrays.user_avatars, arrays.reasons, arrays.creators, arrays.infos,
                arrays.room_numbers, arrays.fields, arrays.previous, arrays.bytes_through);
}

Result<std::uint64_t> ReadBase(PgRows& rows) { return ReadNumber(rows); }

Result<std::uint64_t> FindTag(PgConnection& connection, std::int64_t tag, std::uint64_t after,
                              MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(PgCall(kFindTag, ToPgBound(after), tag), deadline);
  if (!rows) return rows.error();
  return ReadNumber(*rows);
}

Result<EventPage> ReadEvents(PgConnection& connection, const Cursor& cursor, std::size_t limit,
                             MonotonicTime deadline) {
  enum MetaColumn : int { kEpoch = kColumnCount, kTrimmed, kNewestPosition };
  Result<PgRows> rows = connection.Run(PgCall(kReadEvents, ToPgBound(cursor.position),
                                              std::uint64_t{limit}, cursor == Cursor::Start()),
                                       deadline);
  if (!rows) return rows.error();
  EventPage page;
  while (rows->Next()) {
    if (page.next.epoch.empty()) {
      page.next = {.epoch = rows->Text(kEpoch), .position = cursor.position};
      const std::uint64_t trimmed = rows->Unsigned(kTrimmed);
      if (cursor == Cursor::Start()) {
        page.next.position = trimmed;
      } else if (cursor.epoch != page.next.epoch) {
        return Error{Errc::kCursorExpired, "the cursor is of another epoch"};
      } else if (cursor.position < trimmed || cursor.position > rows->Unsigned(kNewestPosition)) {
        return Error{Errc::kCursorExpired, "events after the cursor are no longer retained"};
      }
    }
    if (rows->IsNull(kPosition)) break;
    Result<StoredEvent> event = ReadEvent(*rows);
    if (!event) return event.error();
    page.next.position = event->position;
    page.events.push_back(*std::move(event));
  }
  if (!rows->status()) return rows->status().error();
  return page;
}

Result<std::vector<StoredEvent>> ReadRoomEvents(PgConnection& connection, const RoomKey& key,
                                                std::optional<std::uint64_t> before,
                                                std::size_t limit, MonotonicTime deadline) {
  const std::string_view id = key.id.value;
  const std::uint64_t most = limit;
  const PgCall call = before ? PgCall(kReadEarlierOfRoom, id, key.kind, most, ToPgBound(*before))
                             : PgCall(kReadNewestOfRoom, id, key.kind, most);
  Result<PgRows> rows = connection.Run(call, deadline);
  if (!rows) return rows.error();
  return ReadAll(*rows);
}

Result<Cursor> Newest(PgConnection& connection, MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(PgCall(kNewest), deadline);
  if (!rows) return rows.error();
  if (!rows->Next()) {
    return rows->status() ? Error{Errc::kStoreBroken, "its table meta is empty"}
                          : rows->status().error();
  }
  Cursor cursor{.epoch = rows->Text(0), .position = rows->Unsigned(1)};
  if (!rows->status()) return rows->status().error();
  return cursor;
}

Result<PgLogEnds> LoadLogEnds(PgConnection& connection, MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(PgCall(kLogEnds), deadline);
  if (!rows) return rows.error();
  PgLogEnds ends;
  if (rows->Next()) {
    ends.newest = rows->Unsigned(0);
    ends.retained = ends.newest - rows->Unsigned(1);
  }
  if (!rows->status()) return rows->status().error();
  return ends;
}

PgWrite TrimEvents(const EventRetention& retention, std::size_t& removed) {
  return {.calls = {PgCall(kTrimEvents, retention.keep_since, ToPgBound(retention.max_events),
                           ToPgBound(retention.max_bytes), std::uint64_t{retention.most_per_call})},
          .finish = [&removed](std::span<PgRows> results) -> Status {
            const Result<std::uint64_t> count = ReadNumber(results[0]);
            if (!count) return count.error();
            removed = *count;
            return {};
          }};
}

}  // namespace rtcroom::pg
