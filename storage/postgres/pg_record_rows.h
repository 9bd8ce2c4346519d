// Mapping between records of the log and rows.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/result.h"
#include "daemon/core/event_log.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_rows.h"
#include "storage/shared/event_payload.h"

namespace rtcroom::pg {

inline constexpr PgStatement kInsertRecords{
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

/// Columns of a record: those of an event, and what becomes of its room in lists.
struct RecordColumn {
  enum Index : int { kPlace = EventColumn::kColumnCount, kRoomType, kColumnCount };
};

/// The number that is stored for the type of a record.
struct RecordType {
  std::int64_t operator()(const RoomEvent& event) const;
  std::int64_t operator()(const StoredEvent& stored) const { return (*this)(stored.event); }
  std::int64_t operator()(const MixChanged& changed) const;
  std::int64_t operator()(const Revocation& revocation) const;
  std::int64_t operator()(const Ban& ban) const;
  std::int64_t operator()(const SessionChange& change) const;
  std::int64_t operator()(const AccountLogin& login) const;
  std::int64_t operator()(const EndedLogin& login) const;
  std::int64_t operator()(const AccountValidity& validity) const;
  std::int64_t operator()(const PushNotice& notice) const;
  std::int64_t operator()(const PgWritten& nothing) const;
};

/// @param rows  with the columns of an event.
Result<StoredEvent> ReadEvent(PgRows& rows);
/// @param rows  with the columns of a record.
/// @return nullopt: of a type, or with a notice, that this program does not know.
Result<std::optional<PgRecord>> ReadRecord(PgRows& rows);

}  // namespace rtcroom::pg
