#include "storage/postgres/pg_events.h"

#include <algorithm>
#include <sstream>
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

// Types of records other than events. The numbers are stored: never reuse one.
constexpr std::int64_t kLogin = 101;
constexpr std::int64_t kBan = 102;
constexpr std::int64_t kLogout = 103;
constexpr std::int64_t kRevocation = 104;
constexpr std::int64_t kMix = 105;

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
constexpr std::string_view kEventColumns =
    "e.position, e.room_kind, e.room_id, e.dialect, e.room_sequence, e.at_ms, e.type, e.user_id,"
    " e.user_name, e.user_avatar, e.reason, e.creator, e.info, e.room_number, e.field";
constexpr std::string_view kOfChain = " FROM chain e LIMIT $3";
constexpr std::string_view kOfMeta =
    ", m.epoch, m.trimmed_position,"
    " greatest(m.trimmed_position, (SELECT coalesce(max(position), 0) FROM events))"
    " FROM meta m LEFT JOIN LATERAL (SELECT * FROM events"
    " WHERE type < 10"
    " AND position > greatest($1, CASE WHEN $3 THEN m.trimmed_position ELSE 0 END)"
    " ORDER BY position LIMIT $2) e ON true";

constexpr PgStatement kReadEvents{"read_events", kPgText<kSelect, kEventColumns, kOfMeta>};
constexpr std::string_view kAndMarks =
    ", e.room_place, e.room_type, m.trimmed_position,"
    " greatest(m.last_message, (SELECT coalesce(max(position), 0) FROM messages)),"
    " (SELECT coalesce(max(id), 0) FROM deliveries),"
    " coalesce((SELECT events_through FROM events ORDER BY position DESC LIMIT 1),"
    " m.trimmed_events) - m.trimmed_events, e.tag"
    " FROM meta m LEFT JOIN LATERAL (SELECT * FROM events WHERE position > $1"
    " AND position < coalesce(";
// Where the commit ends that has the last record of the page: the records of one are neighbours.
constexpr std::string_view kNextCommit =
    "(SELECT next.position FROM (SELECT position, tag FROM events WHERE position > $1"
    " ORDER BY position OFFSET $2::bigint - 1 LIMIT 1) last CROSS JOIN LATERAL (SELECT position "
    "FROM events"
    " WHERE position > last.position AND tag <> last.tag ORDER BY position LIMIT 1) next)";
constexpr std::string_view kUpToIt = ", 9223372036854775807) ORDER BY position) e ON true";
constexpr PgStatement kReadLog{"read_log",
                               kPgText<kSelect, kEventColumns, kAndMarks, kNextCommit, kUpToIt>};
constexpr PgStatement kReadNewestOfRoom{
    "read_newest_of_room",
    kPgText<kChain, kFromNewest, kAlongChain, kSelect, kEventColumns, kOfChain>};
constexpr PgStatement kReadEarlierOfRoom{
    "read_earlier_of_room",
    kPgText<kChain, kFromEarlier, kAlongChain, kSelect, kEventColumns, kOfChain>};
constexpr PgStatement kNewestCursor{
    "newest",
    "SELECT epoch, greatest(trimmed_position, (SELECT coalesce(max(position), 0) FROM events))"
    " FROM meta"};
constexpr PgStatement kLogEnds{
    "log_ends",
    "SELECT greatest(trimmed_position, (SELECT coalesce(max(position), 0) FROM events)),"
    " coalesce((SELECT events_through FROM events ORDER BY position DESC LIMIT 1), trimmed_events)"
    " - trimmed_events,"
    " greatest(last_message, (SELECT coalesce(max(position), 0) FROM messages)),"
    " (SELECT coalesce(max(id), 0) FROM deliveries), epoch,"
    " coalesce((SELECT tag FROM events ORDER BY position DESC LIMIT 1), 0) FROM meta"};
constexpr PgStatement kFindTag{"find_tag",
                               "SELECT coalesce((SELECT position FROM events WHERE position > $1"
                               " AND tag = $2 ORDER BY position LIMIT 1), 0), trimmed_position"
                               " FROM meta"};

constexpr PgStatement kInsertRecords{
    "insert_records",
    "WITH b AS (SELECT greatest(m.trimmed_position, (SELECT coalesce(max(position), 0)"
    " FROM events)) AS base, coalesce((SELECT bytes_through FROM events ORDER BY position DESC"
    " LIMIT 1), 0) AS bytes, coalesce((SELECT events_through FROM events ORDER BY position DESC"
    " LIMIT 1), m.trimmed_events) AS events, 4611686018427387904 AS provisional FROM meta m),"
    " i AS (INSERT INTO events (position, tag, room_kind, room_id, dialect, room_sequence, at_ms,"
    " type, user_id, user_name, user_avatar, reason, creator, info, field, room_type,"
    " room_number, previous, room_place, bytes_through, events_through)"
    " SELECT b.base + v.n, $1, v.room_kind, v.room_id, v.dialect, v.room_sequence, v.at_ms, v.type,"
    " v.user_id, v.user_name, v.user_avatar, v.reason, v.creator, v.info, v.field, v.room_type,"
    " v.room_number + CASE WHEN v.room_number > b.provisional THEN b.base - b.provisional"
    " ELSE 0 END,"
    " v.previous + CASE WHEN v.previous > b.provisional THEN b.base - b.provisional ELSE 0 END,"
    " v.room_place + CASE WHEN v.room_place > b.provisional THEN b.base - b.provisional"
    " ELSE 0 END,"
    " b.bytes + v.bytes_through, b.events + v.events_through"
    " FROM b, unnest($2::smallint[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[],"
    " $7::smallint[], $8::text[], $9::bytea[], $10::bytea[], $11::smallint[], $12::text[],"
    " $13::bytea[], $14::bigint[], $15::bytea[], $16::bigint[], $17::bigint[], $18::bigint[],"
    " $19::bytea[], $20::bigint[]) WITH ORDINALITY"
    " v(room_kind, room_id, dialect, room_sequence, at_ms, type, user_id, user_name, user_avatar,"
    " reason, creator, info, room_number, field, previous, bytes_through, room_place, room_type,"
    " events_through, n)) SELECT base FROM b"};

// The oldest that may not go ends it. Numbers and sizes are differences of running totals: those of
// what is left begin with the first record. A record that is no event does not count.
constexpr PgStatement kTrimEvents{
    "trim_events",
    "WITH newest AS (SELECT bytes_through, events_through FROM events"
    " ORDER BY position DESC LIMIT 1),"
    " o AS (SELECT position, at_ms, events_through,"
    " events_through - CASE WHEN type < 100 THEN 1 ELSE 0 END AS events_before,"
    " bytes_through - (64 + coalesce(octet_length(room_id), 0)"
    " + coalesce(octet_length(user_id), 0) + coalesce(octet_length(user_name), 0)"
    " + coalesce(octet_length(user_avatar), 0) + coalesce(octet_length(creator), 0)"
    " + coalesce(octet_length(info), 0) + coalesce(octet_length(field), 0)) AS bytes_before"
    " FROM events ORDER BY position LIMIT $4),"
    " kept AS (SELECT min(position) AS position FROM o WHERE NOT (at_ms < $1"
    " OR (SELECT events_through FROM newest) - events_before > $2"
    " OR (SELECT bytes_through FROM newest) - bytes_before > $3)),"
    " ending AS (SELECT max(position) AS position, max(events_through) AS events FROM o"
    " WHERE position < coalesce((SELECT position FROM kept), 9223372036854775807)),"
    " d AS (DELETE FROM events e USING ending WHERE e.position <= ending.position RETURNING 1),"
    " u AS (UPDATE meta SET trimmed_position = ending.position, trimmed_events = ending.events"
    " FROM ending WHERE ending.position > trimmed_position RETURNING 1)"
    " SELECT (SELECT count(*) FROM d), coalesce(ending.events - m.trimmed_events, 0)"
    " FROM ending, meta m"};

constexpr PgStatement kEventReads[] = {kReadEvents, kReadNewestOfRoom, kReadEarlierOfRoom,
                                       kNewestCursor, kLogEnds};
constexpr PgStatement kEventWrites[] = {kInsertRecords, kTrimEvents, kFindTag, kReadLog};
constexpr PgStatement kFollows[] = {kReadLog};

Result<StoredEvent> ReadEvent(PgRows& rows) {
  StoredEvent stored{
      .position = rows.Unsigned(EventColumn::kPosition),
      .room_number = rows.Unsigned(EventColumn::kRoomNumber),
      .event = {.room = {.kind = static_cast<RoomKind>(rows.Integer(EventColumn::kRoomKind)),
                         .id = {rows.Text(EventColumn::kRoomId)}},
                .dialect = static_cast<Dialect>(rows.Integer(EventColumn::kDialect)),
                .room_sequence = rows.Unsigned(EventColumn::kRoomSequence),
                .at = rows.Time(EventColumn::kAt),
                .payload = {}},
  };
  const std::int64_t type = rows.Integer(EventColumn::kType);
  const std::int64_t reason =
      rows.IsNull(EventColumn::kReason) ? 0 : rows.Integer(EventColumn::kReason);
  std::optional<EventPayload> payload = PayloadOf(type, reason, [&](PayloadText text) {
    const int column = ColumnOf(text);
    return rows.IsNull(column) ? std::string() : rows.Text(column);
  });
  if (!payload) {
    return Error{Errc::kStoreBroken,
                 fmt::format("event {} has the unknown type {}", stored.position, type)};
  }
  stored.event.payload = *std::move(payload);
  return stored;
}

/// A mix as it is kept: the size of the picture, and a line for each input. No ID has a space.
std::string EncodeMix(const RoomMix& mix) {
  std::string text = fmt::format("{} {}", mix.canvas.width, mix.canvas.height);
  for (const auto& [user_id, place] : mix.inputs) {
    text += fmt::format("\n{} {} {} {} {} {} {} {}", user_id.value, place.x, place.y, place.width,
                        place.height, place.layer, int{place.has_video}, int{place.has_audio});
  }
  return text;
}

RoomMix DecodeMix(const std::string& text) {
  std::istringstream words(text);
  RoomMix mix;
  words >> mix.canvas.width >> mix.canvas.height;
  RoomMix::Input input;
  unsigned layer = 0;
  MixPlace& place = input.place;
  while (words >> input.user_id.value >> place.x >> place.y >> place.width >> place.height >>
         layer >> place.has_video >> place.has_audio) {
    place.layer = static_cast<std::uint8_t>(layer);
    mix.inputs.push_back(input);
  }
  return mix;
}

/// The columns of the records, for `kInsertRecords`.
struct RecordArrays {
  PgArray<std::optional<RoomKind>> room_kinds;
  PgArray<std::optional<std::string_view>> room_ids;
  PgArray<std::optional<Dialect>> dialects;
  PgArray<std::optional<std::uint64_t>> room_sequences;
  PgArray<TimePoint> at;
  PgArray<std::int16_t> types;
  PgArray<std::optional<std::string_view>> user_ids;
  PgArray<std::optional<std::span<const std::byte>>> user_names;
  PgArray<std::optional<std::span<const std::byte>>> user_avatars;
  PgArray<std::optional<std::int16_t>> reasons;
  PgArray<std::optional<std::string_view>> creators;
  PgArray<std::optional<std::span<const std::byte>>> infos;
  PgArray<std::optional<std::uint64_t>> room_numbers;
  PgArray<std::optional<std::span<const std::byte>>> fields;
  PgArray<std::uint64_t> previous;
  PgArray<std::uint64_t> bytes_through;
  PgArray<std::uint64_t> places;
  PgArray<std::span<const std::byte>> room_types;
  PgArray<std::uint64_t> events_through;
};

std::optional<std::span<const std::byte>> Bytes(const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  return PgBytes(*text);
}

/// Adds what all records have, and the columns that only events fill.
void AddPayload(const PayloadColumns& columns, std::int64_t type, RecordArrays& arrays) {
  arrays.types.Add(static_cast<std::int16_t>(type));
  arrays.user_ids.Add(columns.user_id);
  arrays.user_names.Add(Bytes(columns.user_name));
  arrays.user_avatars.Add(Bytes(columns.user_avatar));
  arrays.reasons.Add(columns.reason ? std::optional(static_cast<std::int16_t>(*columns.reason))
                                    : std::nullopt);
  arrays.creators.Add(columns.creator);
  arrays.infos.Add(Bytes(columns.info));
  arrays.fields.Add(Bytes(columns.field));
}

/// Each adds one row to the arrays that `AddPayload` does not fill, and returns its size.
struct AddWhat {
  RecordArrays& arrays;
  TimePoint at{};  ///< of those that have no time of their own

  std::uint64_t operator()(const StoredEvent& stored) const {
    const RoomEvent& event = stored.event;
    const PayloadColumns columns = std::visit(ToColumns{}, event.payload);
    AddRoom(event.room, stored.room_number);
    arrays.dialects.Add(event.dialect);
    arrays.room_sequences.Add(event.room_sequence);
    arrays.at.Add(event.at);
    AddPayload(columns, static_cast<std::int64_t>(columns.type), arrays);
    return StoredBytes(event);
  }
  std::uint64_t operator()(const MixChanged& changed) const {
    const std::string mix = EncodeMix(changed.mix);
    AddRoom(changed.room, changed.room_number);
    arrays.dialects.Add(std::nullopt);
    arrays.room_sequences.Add(std::nullopt);
    arrays.at.Add(at);
    AddPayload({.info = mix}, kMix, arrays);
    return kFixedEventBytes + changed.room.id.value.size() + mix.size();
  }
  std::uint64_t operator()(const Revocation& revocation) const {
    AddNoRoom();
    AddEnd(revocation.until);
    AddPayload({.info = revocation.stream}, kRevocation, arrays);
    return kFixedEventBytes + revocation.stream.size();
  }
  std::uint64_t operator()(const SessionChange& change) const {
    const Session& session = change.session;
    AddNoRoom();
    // A login has the number of its record.
    if (change.has_ended) {
      arrays.room_sequences.Add(session.number);
    } else {
      arrays.room_sequences.Add(ToMilliseconds(session.last_use));
    }
    arrays.at.Add(at);
    const std::string_view user = session.user_id.value;
    if (change.has_ended) {
      AddPayload({.user_id = user}, kLogout, arrays);
      return kFixedEventBytes + user.size();
    }
    AddPayload({.user_id = user, .info = TextOf(session.token)}, kLogin, arrays);
    return kFixedEventBytes + user.size() + session.token.size();
  }
  std::uint64_t operator()(const Ban& ban) const {
    AddRoom(ban.room, std::nullopt);
    arrays.dialects.Add(std::nullopt);
    AddEnd(ban.until);
    AddPayload({.user_id = ban.user_id.value}, kBan, arrays);
    return kFixedEventBytes + ban.room.id.value.size() + ban.user_id.value.size();
  }

 private:
  static std::string_view TextOf(const TokenDigest& token) {
    return {reinterpret_cast<const char*>(token.data()), token.size()};
  }
  static std::uint64_t ToMilliseconds(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
  }
  void AddNoRoom() const {
    arrays.room_kinds.Add(std::nullopt);
    arrays.room_ids.Add(std::nullopt);
    arrays.room_numbers.Add(std::nullopt);
    arrays.dialects.Add(std::nullopt);
  }
  /// When what the record tells ends; the record itself is removed by its age.
  void AddEnd(TimePoint until) const {
    arrays.room_sequences.Add(ToMilliseconds(until));
    arrays.at.Add(at);
  }
  void AddRoom(const RoomKey& room, std::optional<std::uint64_t> number) const {
    arrays.room_kinds.Add(room.kind);
    arrays.room_ids.Add(std::string_view(room.id.value));
    arrays.room_numbers.Add(number);
  }
};

/// nullopt: of a type that this program does not know, written by a newer one.
Result<std::optional<PgRecord>> ReadRecord(PgRows& rows) {
  constexpr int kPlace = EventColumn::kColumnCount;
  constexpr int kRoomType = EventColumn::kColumnCount + 1;
  PgRecord record{.position = rows.Unsigned(EventColumn::kPosition)};
  const auto room = [&rows] {
    return RoomKey{.kind = static_cast<RoomKind>(rows.Integer(EventColumn::kRoomKind)),
                   .id = {rows.Text(EventColumn::kRoomId)}};
  };
  const std::int64_t type = rows.Integer(EventColumn::kType);
  if (IsEventType(type)) {
    Result<StoredEvent> event = ReadEvent(rows);
    if (!event) return event.error();
    record.what = *std::move(event);
    record.place = rows.Unsigned(kPlace);
    record.type = rows.Text(kRoomType);
  } else if (type == kMix) {
    record.what = MixChanged{.after = record.position - 1,
                             .room = room(),
                             .room_number = rows.Unsigned(EventColumn::kRoomNumber),
                             .mix = DecodeMix(rows.Text(EventColumn::kInfo))};
  } else if (type == kRevocation) {
    record.what = Revocation{.stream = rows.Text(EventColumn::kInfo),
                             .until = rows.Time(EventColumn::kRoomSequence)};
  } else if (type == kBan) {
    record.what = Ban{.room = room(),
                      .user_id = {rows.Text(EventColumn::kUserId)},
                      .until = rows.Time(EventColumn::kRoomSequence)};
  } else if (type == kLogin || type == kLogout) {
    SessionChange change{.session = {.user_id = {rows.Text(EventColumn::kUserId)}, .token = {}},
                         .has_ended = type == kLogout};
    Session& session = change.session;
    if (change.has_ended) {
      session.number = rows.Unsigned(EventColumn::kRoomSequence);
    } else {
      const std::span<const std::byte> token = rows.Bytes(EventColumn::kInfo);
      if (token.size() != session.token.size()) {
        return Error{Errc::kStoreBroken, "a login without the SHA-256 of its token"};
      }
      std::ranges::copy(token, session.token.begin());
      session.number = record.position;
      session.last_use = rows.Time(EventColumn::kRoomSequence);
    }
    record.what = std::move(change);
  } else {
    return std::optional<PgRecord>();
  }
  return std::optional(std::move(record));
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

std::span<const PgStatement> EventReads() { return kEventReads; }
std::span<const PgStatement> EventWrites() { return kEventWrites; }

std::span<const PgStatement> LogFollows() { return kFollows; }

PgCall ReadLog(std::uint64_t after, std::size_t limit) {
  return PgCall(kReadLog, after, std::uint64_t{limit});
}

Result<PgLogPage> ReadLogPage(PgRows& rows) {
  enum MarkColumn : int {
    kTrimmed = EventColumn::kColumnCount + 2,
    kNewestMessage,
    kNewestDelivery,
    kRetained,
    kTag
  };
  PgLogPage page;
  while (rows.Next()) {
    page.trimmed = rows.Unsigned(kTrimmed);
    page.newest = {.message = rows.Unsigned(kNewestMessage),
                   .delivery = rows.Unsigned(kNewestDelivery)};
    page.retained = rows.Unsigned(kRetained);
    if (rows.IsNull(EventColumn::kPosition)) break;
    page.through = rows.Unsigned(EventColumn::kPosition);
    page.tag = rows.Integer(kTag);
    ++page.rows;
    Result<std::optional<PgRecord>> record = ReadRecord(rows);
    if (!record) return record.error();
    if (*record) page.records.push_back(**std::move(record));
  }
  if (!rows.status()) return rows.status().error();
  return page;
}

PgCall InsertRecords(std::span<const PgNewRecord> records, std::int64_t tag) {
  RecordArrays arrays;
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  for (const PgNewRecord& added : records) {
    if (IsEvent(added.record)) ++events;
    arrays.events_through.Add(events);
    bytes += std::visit(AddWhat{arrays, added.record.at}, added.record.what);
    arrays.previous.Add(added.previous);
    arrays.bytes_through.Add(bytes);
    arrays.places.Add(added.record.place);
    arrays.room_types.Add(PgBytes(added.record.type));
  }
  return PgCall(kInsertRecords, tag, arrays.room_kinds, arrays.room_ids, arrays.dialects,
                arrays.room_sequences, arrays.at, arrays.types, arrays.user_ids, arrays.user_names,
                arrays.user_avatars, arrays.reasons, arrays.creators, arrays.infos,
                arrays.room_numbers, arrays.fields, arrays.previous, arrays.bytes_through,
                arrays.places, arrays.room_types, arrays.events_through);
}

Result<std::uint64_t> ReadBase(PgRows& rows) { return ReadNumber(rows); }

Result<std::uint64_t> FindTag(PgConnection& connection, std::int64_t tag, std::uint64_t after,
                              MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(PgCall(kFindTag, ToPgBound(after), tag), deadline);
  if (!rows) return rows.error();
  const std::uint64_t found = rows->Next() ? rows->Unsigned(0) : 0;
  const bool is_trimmed = found == 0 && rows->Unsigned(1) > after;
  if (!rows->status()) return rows->status().error();
  if (is_trimmed) return Error{Errc::kStoreBroken, "the log does not reach back so far"};
  return found;
}

Result<EventPage> ReadEvents(PgConnection& connection, const Cursor& cursor, std::size_t limit,
                             MonotonicTime deadline) {
  enum MetaColumn : int { kEpoch = EventColumn::kColumnCount, kTrimmed, kNewestPosition };
  Result<PgRows> rows = connection.Run(PgCall(kReadEvents, ToPgBound(cursor.position),
                                              std::uint64_t{limit}, cursor == Cursor::Start()),
                                       deadline);
  if (!rows) return rows.error();
  EventPage page;
  std::uint64_t newest = 0;
  while (rows->Next()) {
    if (page.next.epoch.empty()) {
      page.next = {.epoch = rows->Text(kEpoch), .position = cursor.position};
      const std::uint64_t trimmed = rows->Unsigned(kTrimmed);
      newest = rows->Unsigned(kNewestPosition);
      if (cursor == Cursor::Start()) {
        page.next.position = trimmed;
      } else if (cursor.epoch != page.next.epoch) {
        return Error{Errc::kCursorExpired, "the cursor is of another epoch"};
      } else if (cursor.position < trimmed || cursor.position > newest) {
        return Error{Errc::kCursorExpired, "events after the cursor are no longer retained"};
      }
    }
    if (rows->IsNull(EventColumn::kPosition)) break;
    Result<StoredEvent> event = ReadEvent(*rows);
    if (!event) return event.error();
    page.next.position = event->position;
    page.events.push_back(*std::move(event));
  }
  if (!rows->status()) return rows->status().error();
  // Behind the last event there may be other records, which readers must not come across again.
  if (page.events.size() < limit) page.next.position = std::max(page.next.position, newest);
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
  Result<PgRows> rows = connection.Run(PgCall(kNewestCursor), deadline);
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
    ends.retained = rows->Unsigned(1);
    ends.beside = {.message = rows->Unsigned(2), .delivery = rows->Unsigned(3)};
    ends.epoch = rows->Text(4);
    ends.tag = rows->Integer(5);
  }
  if (!rows->status()) return rows->status().error();
  return ends;
}

PgWrite TrimEvents(const EventRetention& retention, PgTrimmed& trimmed) {
  return {.calls = {PgCall(kTrimEvents, retention.keep_since, ToPgBound(retention.max_events),
                           ToPgBound(retention.max_bytes), std::uint64_t{retention.most_per_call})},
          .finish = [&trimmed](std::span<PgRows> results) -> Status {
            PgRows& rows = results.front();
            trimmed = {};
            if (rows.Next()) trimmed = {.records = rows.Unsigned(0), .events = rows.Unsigned(1)};
            return rows.status();
          }};
}

}  // namespace rtcroom::pg
