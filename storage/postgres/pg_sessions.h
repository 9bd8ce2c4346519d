// Sessions in PostgreSQL.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/session_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

// The functions are those of `SessionStore`.

Result<std::vector<Session>> LoadSessions(PgConnection& connection, TimePoint unused_until,
                                          std::size_t limit, MonotonicTime deadline);

Result<std::optional<Session>> FindSession(PgConnection& connection, const UserId& user_id,
                                           MonotonicTime deadline);

/// The row of a login, which is numbered by its record.
/// @param back  number of records of the transaction after that one.
PgCall WriteSession(const Session& session, std::uint64_t back);
PgCall RemoveSession(const Session& session);
PgWrite RecordSessionUses(std::span<const Session> sessions);
/// @param removed  receives the number removed.
PgWrite RemoveUnusedSessions(TimePoint as_of, TimePoint unused_until, std::size_t limit,
                             std::size_t& removed);

}  // namespace rtcroom::pg
