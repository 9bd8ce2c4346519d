#include "storage/postgres/pg_sessions.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "storage/postgres/pg_read.h"

namespace rtcroom::pg {
namespace {

const PgReaderStatement kLoadSessions{"sessions_load", R"(
    SELECT user_id, token, number, last_use_ms FROM sessions
    WHERE last_use_ms > $1 ORDER BY last_use_ms DESC LIMIT $2)"};
const PgReaderStatement kFindSession{
    "sessions_find", "SELECT user_id, token, number, last_use_ms FROM sessions WHERE user_id = $1"};

const PgWriterStatement kPutSession{"sessions_put", R"(
    INSERT INTO sessions (user_id, token, number, last_use_ms)
    VALUES ($1, $2, (SELECT max(position) FROM events) - $3::bigint, $4)
    ON CONFLICT (user_id) DO UPDATE SET token = excluded.token, number = excluded.number,
      last_use_ms = excluded.last_use_ms)"};
const PgWriterStatement kRemoveSession{"sessions_remove",
                                       "DELETE FROM sessions WHERE user_id = $1 AND number = $2"};
const PgWriterStatement kRecordSessionUses{"sessions_record_uses", R"(
    UPDATE sessions s SET last_use_ms = v.last_use_ms
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS v (user_id, number, last_use_ms)
    WHERE s.user_id = v.user_id AND s.number = v.number AND s.last_use_ms < v.last_use_ms)"};
const PgWriterStatement kRemoveUnusedSessions{"sessions_remove_unused", R"(
    WITH gone AS (
      DELETE FROM sessions WHERE user_id = ANY (ARRAY(
        SELECT user_id FROM sessions WHERE last_use_ms <= $1 ORDER BY last_use_ms LIMIT $2))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $3 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};

std::span<const std::byte> BytesOf(const TokenDigest& token) { return token; }

Result<std::vector<Session>> ReadSessions(PgRows& rows) {
  enum : int { kUserId, kToken, kNumber, kLastUse };
  std::vector<Session> sessions;
  sessions.reserve(rows.size());
  while (rows.Next()) {
    Session session{.user_id = {rows.Text(kUserId)},
                    .token = {},
                    .number = rows.Unsigned(kNumber),
                    .last_use = rows.Time(kLastUse)};
    const std::span<const std::byte> token = rows.Bytes(kToken);
    if (token.size() != session.token.size()) {
      return Error{Errc::kStoreBroken, "a session without the SHA-256 of its token"};
    }
    std::ranges::copy(token, session.token.begin());
    sessions.push_back(std::move(session));
  }
  if (!rows.status()) return rows.status().error();
  return sessions;
}

}  // namespace

Result<std::vector<Session>> LoadSessions(PgConnection& connection, TimePoint unused_until,
                                          std::size_t limit, MonotonicTime deadline) {
  Result<PgRows> rows =
      connection.Run(PgCall(kLoadSessions, unused_until, ToPgBound(limit)), deadline);
  if (!rows) return rows.error();
  return ReadSessions(*rows);
}

Result<std::optional<Session>> FindSession(PgConnection& connection, const UserId& user_id,
                                           MonotonicTime deadline) {
  Result<PgRows> rows = connection.Run(PgCall(kFindSession, user_id.value), deadline);
  if (!rows) return rows.error();
  Result<std::vector<Session>> found = ReadSessions(*rows);
  if (!found) return found.error();
  if (found->empty()) return std::optional<Session>();
  return std::optional(std::move(found->front()));
}

PgCall WriteSession(const Session& session, std::uint64_t back) {
  return PgCall(kPutSession, session.user_id.value, BytesOf(session.token), back, session.last_use);
}

PgCall RemoveSession(const Session& session) {
  return PgCall(kRemoveSession, session.user_id.value, session.number);
}

PgWrite RecordSessionUses(std::span<const Session> sessions) {
  PgArray<std::string_view> users;
  PgArray<std::uint64_t> numbers;
  PgArray<TimePoint> uses;
  for (const Session& session : sessions) {
    users.Add(session.user_id.value);
    numbers.Add(session.number);
    uses.Add(session.last_use);
  }
  return {.calls = {PgCall(kRecordSessionUses, users, numbers, uses)}};
}

PgWrite RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until, std::size_t limit,
                             std::size_t& removed) {
  return CountingRemoved(PgCall(kRemoveUnusedSessions, unused_until, ToPgBound(limit), as_of),
                         removed);
}

}  // namespace rtcroom::pg
