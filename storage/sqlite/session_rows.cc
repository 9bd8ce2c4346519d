#include "storage/sqlite/session_rows.h"

#include <algorithm>
#include <string_view>

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

std::span<const std::byte> BytesOf(const TokenDigest& token) { return token; }

}  // namespace

Status SessionWriter::Prepare(Database& database) {
  Statement last_number;
  const Status prepared = PrepareAll(
      database,
      {{last_number, "SELECT coalesce(max(number), 0) FROM sessions"},
       {put_,
        "INSERT INTO sessions (user_id, token, number, last_use_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET token = excluded.token, number = excluded.number,"
        " last_use_ms = excluded.last_use_ms"},
       {remove_, "DELETE FROM sessions WHERE user_id = ? AND number = ?"},
       {record_use_,
        "UPDATE sessions SET last_use_ms = max(last_use_ms, ?) WHERE user_id = ? AND number = ?"},
       {remove_unused_,
        "DELETE FROM sessions WHERE user_id IN (SELECT user_id FROM sessions"
        " WHERE last_use_ms <= ? ORDER BY last_use_ms LIMIT ?) RETURNING 1"}});
  if (!prepared) return prepared;
  StatementRun run(last_number);
  if (run.Next()) last_number_ = run.Unsigned(0);
  return run.status();
}

Result<std::uint64_t> SessionWriter::Put(const Session& session) {
  const std::uint64_t number = ++last_number_;
  const Status put =
      Run(put_, session.user_id.value, BytesOf(session.token), number, session.last_use);
  if (!put) return put.error();
  return number;
}

Status SessionWriter::Remove(std::span<const Session> sessions) {
  for (const Session& session : sessions) {
    const Status removed = Run(remove_, session.user_id.value, session.number);
    if (!removed) return removed;
  }
  return {};
}

Status SessionWriter::RecordUses(std::span<const Session> sessions) {
  for (const Session& session : sessions) {
    const Status recorded =
        Run(record_use_, session.last_use, session.user_id.value, session.number);
    if (!recorded) return recorded;
  }
  return {};
}

Result<std::size_t> SessionWriter::RemoveUnused(TimePoint unused_until, std::size_t limit) {
  return RunCounting(remove_unused_, unused_until, limit);
}

Status SessionReader::Prepare(Database& database) {
  return load_.Prepare(database,
                       "SELECT user_id, token, number, last_use_ms FROM sessions"
                       " WHERE last_use_ms > ? ORDER BY last_use_ms DESC LIMIT ?");
}

Result<std::vector<Session>> SessionReader::Load(TimePoint unused_until, std::size_t limit) {
  std::vector<Session> sessions;
  StatementRun run(load_, unused_until, limit);
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

}  // namespace rtcroom
