#include "storage/sqlite/sqlite_bans.h"

#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

const ReaderSql kLoadBans(
    "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > ?");
const ReaderSql kLoadRevocations("SELECT stream, until_ms FROM revocations WHERE until_ms > ?");

const WriterSql kPutBan(
    "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms");
const WriterSql kRemoveEndedBans("DELETE FROM bans WHERE until_ms <= ? RETURNING 1");
const WriterSql kPutRevocation(
    "INSERT INTO revocations (stream, until_ms) VALUES (?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)");
const WriterSql kRemoveEndedRevocations("DELETE FROM revocations WHERE until_ms <= ? RETURNING 1");

}  // namespace

Status sqlite::PutBan(WriterStatements& sql, const Ban& ban) {
  return Run(sql[kPutBan], ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

Status sqlite::PutRevocation(WriterStatements& sql, const Revocation& revocation) {
  return Run(sql[kPutRevocation], revocation.stream, revocation.until);
}

Result<std::vector<Ban>> SqliteBans::LoadBans(TimePoint now) {
  const auto read_ban = [](const StatementRun& row) {
    return Ban{.room = {.kind = static_cast<RoomKind>(row.Integer(0)), .id = {row.Text(1)}},
               .user_id = {row.Text(2)},
               .until = row.Time(3)};
  };
  return engine_.Read(
      [&](ReaderStatements& sql) { return ReadRows(sql[kLoadBans], read_ban, now); });
}

Status SqliteBans::PutBan(const Ban& ban) {
  return engine_.Write([&](WriterStatements& sql) { return sqlite::PutBan(sql, ban); });
}

Status SqliteBans::RemoveEndedBans(TimePoint now) {
  return engine_.RemoveEnded(now, kRemoveEndedBans);
}

Result<std::vector<Revocation>> SqliteBans::LoadRevocations(TimePoint now) {
  const auto read_revocation = [](const StatementRun& row) {
    return Revocation{.stream = row.Text(0), .until = row.Time(1)};
  };
  return engine_.Read(
      [&](ReaderStatements& sql) { return ReadRows(sql[kLoadRevocations], read_revocation, now); });
}

Status SqliteBans::RemoveEndedRevocations(TimePoint now) {
  return engine_.RemoveEnded(now, kRemoveEndedRevocations);
}

}  // namespace rtcroom
