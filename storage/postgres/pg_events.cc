#include "storage/postgres/pg_events.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "storage/postgres/pg_read.h"
#include "storage/postgres/pg_record_rows.h"
#include "storage/postgres/pg_text.h"
#include "storage/shared/event_payload.h"

namespace rtcroom::pg {
namespace {

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
// The types of events that this program can read.
constexpr std::string_view kIsKnown = "type < 10";
constexpr std::string_view kFromChain = " FROM chain e WHERE e.";
constexpr std::string_view kAtMost = " LIMIT $3";
constexpr std::string_view kOfChain = kPgText<kFromChain, kIsKnown, kAtMost>;
constexpr std::string_view kOfMeta =
    ", m.epoch, m.trimmed_position,"
    " greatest(m.trimmed_position, (SELECT coalesce(max(position), 0) FROM events))"
    " FROM meta m LEFT JOIN LATERAL (SELECT * FROM events WHERE ";
constexpr std::string_view kBehindCursor =
    " AND position > greatest($1, CASE WHEN $3 THEN m.trimmed_position ELSE 0 END)"
    " ORDER BY position LIMIT $2) e ON true";

constexpr PgStatement kReadEvents{
    "read_events", kPgText<kSelect, kEventColumns, kOfMeta, kIsKnown, kBehindCursor>};
constexpr std::string_view kAndMarks =
    ", e.room_place, e.room_type, m.trimmed_position,"
    " greatest(m.last_message, (SELECT coalesce(max(position), 0) FROM messages)),"
    " (SELECT coalesce(max(id), 0) FROM deliveries),"
    " coalesce((SELECT events_through FROM events ORDER BY position DESC LIMIT 1),"
    " m.trimmed_events) - m.trimmed_events, e.tag"
    " FROM meta m LEFT JOIN LATERAL (SELECT * FROM events WHERE position > $1"
    " AND position < coalesce(";
// The end of the commit that has the last record of the page: the records of one are neighbours.
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
constexpr std::string_view kFromLosses =
    " FROM ((SELECT * FROM events WHERE room_id = $1 AND room_kind = $2 AND user_id = $3"
    " AND type = 4 AND reason IN (2, 3, 4) ORDER BY position DESC LIMIT 1)"
    " UNION ALL (SELECT * FROM events WHERE room_id = $1 AND room_kind = $2 AND type = 5"
    " ORDER BY position DESC LIMIT 1)) e";
constexpr PgStatement kReadSeatLosses{"read_seat_losses",
                                      kPgText<kSelect, kEventColumns, kFromLosses>};
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
// The latest of all dates is asked for only until there is a mark.
constexpr PgStatement kRemovalTime{
    "removal_time",
    "SELECT time_ms, CASE WHEN time_ms IS NULL THEN greatest("
    "(SELECT at_ms FROM events WHERE type < 100 ORDER BY position DESC LIMIT 1),"
    " (SELECT sent_at_ms FROM messages ORDER BY position DESC LIMIT 1),"
    " (SELECT max(last_use_ms) FROM sessions), (SELECT max(ended_at_ms) FROM recordings)) END"
    " FROM removal"};
constexpr PgStatement kBeginRemovals{"begin_removals",
                                     "UPDATE removal SET time_ms = $1 WHERE time_ms IS NULL"};
constexpr PgStatement kFindTag{"find_tag",
                               "SELECT coalesce((SELECT position FROM events WHERE position > $1"
                               " AND tag = $2 ORDER BY position LIMIT 1), 0), trimmed_position"
                               " FROM meta"};

// The oldest that may not go ends it, and so does one that a node has not applied yet. Numbers and
// sizes are differences of running totals: those of what is left begin with the first record. A
// record that is no event does not count.
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
    " OR (SELECT bytes_through FROM newest) - bytes_before > $3)"
    " OR position > (SELECT min(applied) FROM reports)),"
    " ending AS (SELECT max(position) AS position, max(events_through) AS events FROM o"
    " WHERE position < coalesce((SELECT position FROM kept), 9223372036854775807)),"
    " d AS (DELETE FROM events e USING ending WHERE e.position <= ending.position RETURNING 1),"
    " u AS (UPDATE meta SET trimmed_position = ending.position, trimmed_events = ending.events"
    " FROM ending WHERE ending.position > trimmed_position RETURNING 1),"
    " marked AS (UPDATE removal SET time_ms = $5 WHERE EXISTS (SELECT 1 FROM d))"
    " SELECT (SELECT count(*) FROM d), coalesce(ending.events - m.trimmed_events, 0)"
    " FROM ending, meta m"};

constexpr PgStatement kEventReads[] = {kReadEvents,     kReadNewestOfRoom, kReadEarlierOfRoom,
                                       kReadSeatLosses, kNewestCursor,     kLogEnds,
                                       kRemovalTime};
constexpr PgStatement kEventWrites[] = {kInsertRecords, kBeginRemovals, kTrimEvents, kFindTag};
constexpr PgStatement kFollows[] = {kReadLog};

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
    kTrimmed = RecordColumn::kColumnCount,
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
    const std::int64_t tag = rows.Integer(kTag);
    if (page.tags.empty() || page.tags.back() != tag) page.tags.push_back(tag);
    ++page.rows;
    Result<std::optional<PgRecord>> record = ReadRecord(rows);
    if (!record) return record.error();
    if (*record) page.records.push_back(**std::move(record));
  }
  if (!rows.status()) return rows.status().error();
  return page;
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
  // Other records may follow the last event; readers must not come across them again.
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

Result<std::vector<StoredEvent>> ReadSeatLosses(PgConnection& connection, const RoomKey& key,
                                                const UserId& user, MonotonicTime deadline) {
  const std::string_view id = key.id.value;
  const std::string_view who = user.value;
  Result<PgRows> rows = connection.Run(PgCall(kReadSeatLosses, id, key.kind, who), deadline);
  if (!rows) return rows.error();
  Result<std::vector<StoredEvent>> found = ReadAll(*rows);
  if (found) std::ranges::sort(*found, std::ranges::greater(), &StoredEvent::position);
  return found;
}

PgCall ReadNewest() { return PgCall(kNewestCursor); }

Result<Cursor> ReadNewest(PgRows& rows) {
  if (!rows.Next()) return Error{Errc::kStoreBroken, "its table meta is empty"};
  Cursor cursor{.epoch = rows.Text(0), .position = rows.Unsigned(1)};
  if (!rows.status()) return rows.status().error();
  return cursor;
}

Result<Cursor> Newest(PgConnection& connection, MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(ReadNewest(), deadline);
  if (!rows) return rows.error();
  return ReadNewest(*rows);
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

Result<StoredRemovalTime> LoadRemovalTime(PgConnection& connection, MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(PgCall(kRemovalTime), deadline);
  if (!rows) return rows.error();
  StoredRemovalTime stored;
  if (rows->Next()) {
    if (!rows->IsNull(0)) stored.mark = rows->Time(0);
    if (!rows->IsNull(1)) stored.newest = rows->Time(1);
  }
  if (!rows->status()) return rows->status().error();
  return stored;
}

PgWrite BeginRemovals(TimePoint time) { return {.calls = {PgCall(kBeginRemovals, time)}}; }

PgWrite TrimEvents(const EventRetention& retention, PgTrimmed& trimmed) {
  return {.calls = {PgCall(kTrimEvents, retention.keep_since, ToPgBound(retention.max_events),
                           ToPgBound(retention.max_bytes), std::uint64_t{retention.most_per_call},
                           retention.as_of)},
          .finish = [&trimmed](std::span<PgRows> results) -> Status {
            PgRows& rows = results.front();
            trimmed = {};
            if (rows.Next()) trimmed = {.records = rows.Unsigned(0), .events = rows.Unsigned(1)};
            return rows.status();
          }};
}

}  // namespace rtcroom::pg
