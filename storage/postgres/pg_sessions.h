// Sessions in PostgreSQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/core/session_store.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

class PgEngine;
class PgLog;

/// @threads safe from any thread.
class PgSessions : public SessionStore {
 public:
  PgSessions(PgEngine& engine, PgLog& log) : engine_(engine), log_(log) {}

  Result<std::vector<Session>> LoadSessions(TimePoint unused_until, std::size_t limit) override;
  Result<std::optional<Session>> FindSession(const UserId& user_id) override;
  Result<std::uint64_t> PutSession(const Session& session) override;
  void HearSessions(SessionListener* listener) override;
  Status RemoveSessions(std::span<const Session> sessions) override;
  Status RecordSessionUses(std::span<const Session> sessions) override;
  Result<std::size_t> RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until,
                                           std::size_t limit) override;

 private:
  PgEngine& engine_;
  PgLog& log_;
};

namespace pg {

/// The row of a login, which is numbered by its record.
/// @param back  number of records of the transaction after that one.
PgCall WriteSession(const Session& session, std::uint64_t back);
PgCall RemoveSession(const Session& session);

}  // namespace pg
}  // namespace rtcroom
