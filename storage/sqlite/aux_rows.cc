#include "storage/sqlite/aux_rows.h"

#include <algorithm>
#include <span>
#include <utility>

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
const ReaderSql kLoadSessions(
    "SELECT user_id, token, number, last_use_ms FROM sessions"
    " WHERE last_use_ms > ? ORDER BY last_use_ms DESC LIMIT ?");

const WriterSql kPutBan(
    "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms");
const WriterSql kRemoveEndedBans("DELETE FROM bans WHERE until_ms <= ? RETURNING 1");
const WriterSql kPutRevocation(
    "INSERT INTO revocations (stream, until_ms) VALUES (?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)");
const WriterSql kRemoveEndedRevocations("DELETE FROM revocations WHERE until_ms <= ? RETURNING 1");
const WriterSql kLastSession("SELECT coalesce(max(number), 0) FROM sessions");
const WriterSql kPutSession(
    "INSERT INTO sessions (user_id, token, number, last_use_ms) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET token = excluded.token, number = excluded.number,"
    " last_use_ms = excluded.last_use_ms");
const WriterSql kRemoveSession("DELETE FROM sessions WHERE user_id = ? AND number = ?");
const WriterSql kRecordSessionUse(
    "UPDATE sessions SET last_use_ms = max(last_use_ms, ?) WHERE user_id = ? AND number = ?");
const WriterSql kRemoveUnusedSessions(
    "DELETE FROM sessions WHERE user_id IN (SELECT user_id FROM sessions"
    " WHERE last_use_ms <= ? ORDER BY last_use_ms LIMIT ?) RETURNING 1");

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

Result<std::vector<Session>> LoadSessions(AuxReader& sql, TimePoint unused_until,
                                          std::size_t limit) {
  std::vector<Session> sessions;
  StatementRun run(sql[kLoadSessions], unused_until, limit);
  while (run.Next()) {
    Session session{
        .user_id = {run.Text(0)}, .token = {}, .number = run.Unsigned(2), .last_use = run.Time(3)};
    const std::span<const std::byte> token = run.Bytes(1);
    if (token.size() != session.token.size()) {
      return Error{Errc::kStoreBroken, "a session without the SHA-256 of its token"};
    }
    std::ranges::copy(token, session.token.begin());
    sessions.push_back(std::move(session));
  }
  if (!run.status()) return run.status().error();
  return sessions;
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

Result<std::uint64_t> PutSession(AuxWriter& sql, const Session& session) {
  const std::uint64_t number = sql.NextSession();
  const std::span<const std::byte> token = session.token;
  const Status put = Run(sql[kPutSession], session.user_id.value, token, number, session.last_use);
  if (!put) return put.error();
  return number;
}

Status RemoveSession(AuxWriter& sql, const Session& session) {
  return Run(sql[kRemoveSession], session.user_id.value, session.number);
}

Status RecordSessionUse(AuxWriter& sql, const Session& session) {
  return Run(sql[kRecordSessionUse], session.last_use, session.user_id.value, session.number);
}

Result<std::size_t> RemoveUnusedSessions(AuxWriter& sql, TimePoint unused_until,
                                         std::size_t limit) {
  return RunCounting(sql[kRemoveUnusedSessions], unused_until, limit);
}

}  // namespace sqlite
}  // namespace rtcroom
