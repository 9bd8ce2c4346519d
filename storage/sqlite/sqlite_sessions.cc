#include "storage/sqlite/sqlite_sessions.h"

#include <algorithm>
#include <utility>

#include "storage/sqlite/database.h"
#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

const ReaderSql kLoadSessions(
    "SELECT user_id, token, number, last_use_ms FROM sessions"
    " WHERE last_use_ms > ? ORDER BY last_use_ms DESC LIMIT ?");

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

Result<std::int64_t> SqliteSessions::LastNumber(Database& database) {
  return database.QueryInteger("SELECT coalesce(max(number), 0) FROM sessions");
}

Result<std::vector<Session>> SqliteSessions::LoadSessions(TimePoint unused_until,
                                                          std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) -> Result<std::vector<Session>> {
    std::vector<Session> sessions;
    StatementRun run(sql[kLoadSessions], unused_until, limit);
    while (run.Next()) {
      Session session{.user_id = {run.Text(0)},
                      .token = {},
                      .number = run.Unsigned(2),
                      .last_use = run.Time(3)};
      const std::span<const std::byte> token = run.Bytes(1);
      if (token.size() != session.token.size()) {
        return Error{Errc::kStoreBroken, "a session without the SHA-256 of its token"};
      }
      std::ranges::copy(token, session.token.begin());
      sessions.push_back(std::move(session));
    }
    if (!run.status()) return run.status().error();
    return sessions;
  });
}

Result<std::uint64_t> SqliteSessions::PutSession(const Session& session) {
  return engine_.WriteFor<std::uint64_t>([&](WriterStatements& sql) -> Result<std::uint64_t> {
    const std::uint64_t number = ++last_number_;
    const std::span<const std::byte> token = session.token;
    const Status put =
        Run(sql[kPutSession], session.user_id.value, token, number, session.last_use);
    if (!put) return put.error();
    return number;
  });
}

Status SqliteSessions::RemoveSessions(std::span<const Session> sessions) {
  return engine_.WriteEach(sessions, [](WriterStatements& sql, const Session& session) {
    return Run(sql[kRemoveSession], session.user_id.value, session.number);
  });
}

Status SqliteSessions::RecordSessionUses(std::span<const Session> sessions) {
  return engine_.WriteEach(sessions, [](WriterStatements& sql, const Session& session) {
    return Run(sql[kRecordSessionUse], session.last_use, session.user_id.value, session.number);
  });
}

Result<std::size_t> SqliteSessions::RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                                         std::size_t limit) {
  return engine_.Remove(as_of, [&](WriterStatements& sql) {
    return RunCounting(sql[kRemoveUnusedSessions], unused_until, limit);
  });
}

}  // namespace rtcroom
