#include "storage/postgres/pg_sessions.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "storage/postgres/pg_engine.h"
#include "storage/postgres/pg_log.h"

namespace rtcroom {
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

Result<std::vector<Session>> ReadSessions(PgConnection& connection, const PgCall& call,
                                          MonotonicTime deadline) {
  enum Column : int { kSessionUser, kSessionToken, kSessionNumber, kSessionUse };
  Result<PgRows> rows = connection.Run(call, deadline);
  if (!rows) return rows.error();
  std::vector<Session> sessions;
  sessions.reserve(rows->size());
  while (rows->Next()) {
    Session session{.user_id = {rows->Text(kSessionUser)},
                    .token = {},
                    .number = rows->Unsigned(kSessionNumber),
                    .last_use = rows->Time(kSessionUse)};
    const std::span<const std::byte> token = rows->Bytes(kSessionToken);
    if (token.size() != session.token.size()) {
      return Error{Errc::kStoreBroken, "a session without the SHA-256 of its token"};
    }
    std::ranges::copy(token, session.token.begin());
    sessions.push_back(std::move(session));
  }
  if (!rows->status()) return rows->status().error();
  return sessions;
}

}  // namespace

Result<std::vector<Session>> PgSessions::LoadSessions(TimePoint unused_until, std::size_t limit) {
  return engine_.Run(ReadSessions, PgCall(kLoadSessions, unused_until, ToPgBound(limit)));
}

Result<std::optional<Session>> PgSessions::FindSession(const UserId& user_id) {
  Result<std::vector<Session>> found =
      engine_.Run(ReadSessions, PgCall(kFindSession, user_id.value));
  if (!found) return found.error();
  if (found->empty()) return std::optional<Session>();
  return std::optional(std::move(found->front()));
}

Result<std::uint64_t> PgSessions::PutSession(const Session& session) {
  PgJob job({SessionChange{.session = session}});
  engine_.Commit(job);
  if (!job.status()) return job.status().error();
  return job.position();
}

void PgSessions::HearSessions(SessionListener* listener) { log_.SetSessionListener(listener); }

Status PgSessions::RemoveSessions(std::span<const Session> sessions) {
  std::vector<PgRecorded> ended;
  for (const Session& session : sessions) {
    ended.emplace_back(SessionChange{.session = session, .has_ended = true});
  }
  return engine_.Record(std::move(ended));
}

Status PgSessions::RecordSessionUses(std::span<const Session> sessions) {
  PgArray<std::string_view> users;
  PgArray<std::uint64_t> numbers;
  PgArray<TimePoint> uses;
  for (const Session& session : sessions) {
    users.Add(session.user_id.value);
    numbers.Add(session.number);
    uses.Add(session.last_use);
  }
  return engine_.WriteLightly(
      [&] { return PgWrite{.calls = {PgCall(kRecordSessionUses, users, numbers, uses)}}; });
}

Result<std::size_t> PgSessions::RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                                     std::size_t limit) {
  return engine_.RemoveInSteps(limit, [=](std::size_t of_step, std::size_t& removed) {
    return CountingRemoved(PgCall(kRemoveUnusedSessions, unused_until, ToPgBound(of_step), as_of),
                           removed);
  });
}

PgCall pg::WriteSession(const Session& session, std::uint64_t back) {
  return PgCall(kPutSession, session.user_id.value, BytesOf(session.token), back, session.last_use);
}

PgCall pg::RemoveSession(const Session& session) {
  return PgCall(kRemoveSession, session.user_id.value, session.number);
}

}  // namespace rtcroom
