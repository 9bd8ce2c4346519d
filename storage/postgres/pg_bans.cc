#include "storage/postgres/pg_bans.h"

#include <cstddef>
#include <string_view>

#include "storage/postgres/pg_engine.h"
#include "storage/postgres/pg_text.h"

namespace rtcroom {
namespace {

const PgReaderStatement kLoadBans{
    "bans_load", "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > $1"};

const PgWriterStatement kPutBan{
    "bans_put",
    "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (room_id, user_id, room_kind) DO UPDATE SET until_ms = excluded.until_ms"};
constexpr std::string_view kOfGuests =
    " FROM unnest($1::smallint[], $2::text[], $3::text[]) v(kind, id, user_id)"
    " JOIN bans b ON b.room_id = v.id AND b.user_id = v.user_id AND b.room_kind = v.kind"
    " WHERE b.until_ms > $4";
constexpr std::string_view kColumns = "SELECT b.room_kind, b.room_id, b.user_id, b.until_ms";
constexpr std::string_view kNone = "SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END)";
const PgWriterStatement kLoadBansOf{"bans_load_of", kPgText<kColumns, kOfGuests>};
const PgWriterStatement kCheckNoBans{"bans_check_none", kPgText<kNone, kOfGuests>};
const PgWriterStatement kRemoveEndedBans{"bans_remove_ended", R"(
    WITH gone AS (
      DELETE FROM bans WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM bans WHERE until_ms <= $1 ORDER BY until_ms LIMIT $2))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};

PgCall OfGuests(const PgStatement& statement, std::span<const PgGuest> guests, TimePoint now) {
  PgArray<RoomKind> kinds;
  PgArray<std::string_view> ids;
  PgArray<std::string_view> users;
  for (const PgGuest& guest : guests) {
    kinds.Add(guest.room.kind);
    ids.Add(guest.room.id.value);
    users.Add(guest.user_id.value);
  }
  return PgCall(statement, kinds, ids, users, now);
}

Ban ReadBan(PgRows& rows) {
  return {.room = {.kind = static_cast<RoomKind>(rows.Integer(0)), .id = {rows.Text(1)}},
          .user_id = {rows.Text(2)},
          .until = rows.Time(3)};
}

PgWrite RemoveSomeBans(TimePoint now, std::size_t limit, std::size_t& removed) {
  return CountingRemoved(PgCall(kRemoveEndedBans, now, ToPgBound(limit)), removed);
}

const PgReaderStatement kLoadRevocations{
    "revocations_load", "SELECT stream, until_ms FROM revocations WHERE until_ms > $1"};

const PgWriterStatement kPutRevocation{
    "revocations_put",
    "INSERT INTO revocations (stream, until_ms) VALUES ($1, $2)"
    " ON CONFLICT (stream) DO UPDATE SET until_ms = excluded.until_ms"
    " WHERE revocations.until_ms < excluded.until_ms"};
const PgWriterStatement kRemoveEndedRevocations{"revocations_remove_ended", R"(
    WITH gone AS (
      DELETE FROM revocations WHERE stream = ANY (ARRAY(
        SELECT stream FROM revocations WHERE until_ms <= $1 ORDER BY until_ms LIMIT $2))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};

Revocation ReadRevocation(PgRows& rows) { return {.stream = rows.Text(0), .until = rows.Time(1)}; }

PgWrite RemoveSomeRevocations(TimePoint now, std::size_t limit, std::size_t& removed) {
  return CountingRemoved(PgCall(kRemoveEndedRevocations, now, ToPgBound(limit)), removed);
}

}  // namespace

Result<std::vector<Ban>> PgBans::LoadBans(TimePoint now) {
  return engine_.ReadRows(PgCall(kLoadBans, now), ReadBan);
}

Status PgBans::PutBan(const Ban& ban) { return engine_.Record({ban}); }

Status PgBans::RemoveEndedBans(TimePoint now) { return engine_.RemoveEnded(now, RemoveSomeBans); }

Result<std::vector<Revocation>> PgBans::LoadRevocations(TimePoint now) {
  return engine_.ReadRows(PgCall(kLoadRevocations, now), ReadRevocation);
}

Status PgBans::RemoveEndedRevocations(TimePoint now) {
  return engine_.RemoveEnded(now, RemoveSomeRevocations);
}

namespace pg {

PgCall WriteBan(const Ban& ban) {
  return PgCall(kPutBan, ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

PgCall LoadBansOf(std::span<const PgGuest> guests, TimePoint now) {
  return OfGuests(kLoadBansOf, guests, now);
}

Result<std::vector<Ban>> ReadBans(PgRows& rows) {
  std::vector<Ban> bans;
  while (rows.Next()) bans.push_back(ReadBan(rows));
  if (!rows.status()) return rows.status().error();
  return bans;
}

PgCall CheckNoBans(std::span<const PgGuest> guests, TimePoint now) {
  return OfGuests(kCheckNoBans, guests, now);
}

PgCall WriteRevocation(const Revocation& revocation) {
  return PgCall(kPutRevocation, PgBytes(revocation.stream), revocation.until);
}

}  // namespace pg
}  // namespace rtcroom
