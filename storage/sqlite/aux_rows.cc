#include "storage/sqlite/aux_rows.h"

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

const ReaderSql kLoadBans(
    "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > ?");
const ReaderSql kLoadRevocations("SELECT stream, until_ms FROM revocations WHERE until_ms > ?");
// The scalar max() of values of which one is NULL is NULL.
const ReaderSql kLoadRemovalTime(
    "SELECT removal_ms, iif(removal_ms IS NULL, (SELECT max(newest) FROM ("
    " SELECT (SELECT at_ms FROM events ORDER BY position DESC LIMIT 1) AS newest"
    " UNION ALL SELECT (SELECT sent_at_ms FROM messages ORDER BY position DESC LIMIT 1)"
    " UNION ALL SELECT max(last_use_ms) FROM sessions"
    " UNION ALL SELECT max(ended_at_ms) FROM recordings)), NULL)"
    " FROM meta WHERE only_row = 1");
const WriterSql kPutBan(
    "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms");
const WriterSql kRemoveEndedBans("DELETE FROM bans WHERE until_ms <= ? RETURNING 1");
const WriterSql kPutRevocation(
    "INSERT INTO revocations (stream, until_ms) VALUES (?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)");
const WriterSql kRemoveEndedRevocations("DELETE FROM revocations WHERE until_ms <= ? RETURNING 1");
const WriterSql kLastSession("SELECT coalesce(max(number), 0) FROM sessions");

}  // namespace

Status AuxWriter::Prepare(Database& database) {
  if (const Status prepared = StatementSet::Prepare(database); !prepared) return prepared;
  StatementRun run((*this)[kLastSession]);
  if (run.Next()) last_session_ = run.Unsigned(0);
  return run.status();
}

namespace sqlite {

Result<std::vector<Ban>> LoadBans(AuxReader& sql, TimePoint now) {
  const auto read = [](const StatementRun& row) {
    return Ban{.room = {.kind = static_cast<RoomKind>(row.Integer(0)), .id = {row.Text(1)}},
               .user_id = {row.Text(2)},
               .until = row.Time(3)};
  };
  return ReadRows(sql[kLoadBans], read, now);
}

Result<std::vector<Revocation>> LoadRevocations(AuxReader& sql, TimePoint now) {
  const auto read = [](const StatementRun& row) {
    return Revocation{.stream = row.Text(0), .until = row.Time(1)};
  };
  return ReadRows(sql[kLoadRevocations], read, now);
}

Result<StoredRemovalTime> LoadRemovalTime(AuxReader& sql) {
  StatementRun run(sql[kLoadRemovalTime]);
  StoredRemovalTime stored;
  if (run.Next()) {
    if (!run.IsNull(0)) stored.mark = run.Time(0);
    if (!run.IsNull(1)) stored.newest = run.Time(1);
  }
  if (!run.status()) return run.status().error();
  return stored;
}

Status PutBan(AuxWriter& sql, const Ban& ban) {
  return Run(sql[kPutBan], ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

Result<std::size_t> RemoveEndedBans(AuxWriter& sql, TimePoint now) {
  return RunCounting(sql[kRemoveEndedBans], now);
}

Status PutRevocation(AuxWriter& sql, const Revocation& revocation) {
  return Run(sql[kPutRevocation], revocation.stream, revocation.until);
}

Result<std::size_t> RemoveEndedRevocations(AuxWriter& sql, TimePoint now) {
  return RunCounting(sql[kRemoveEndedRevocations], now);
}

}  // namespace sqlite
}  // namespace rtcroom
