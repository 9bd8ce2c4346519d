// Sessions in PostgreSQL.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "daemon/auth/session_store.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

std::span<const PgStatement> SessionReads();
std::span<const PgStatement> SessionWrites();

// The functions are those of `SessionStore`.

Result<StoredSessions> LoadSessions(PgConnection& connection, TimePoint unused_until,
                                    std::size_t limit, MonotonicTime deadline);

PgWrite PutSession(const Session& session);
PgWrite RemoveSessions(std::span<const Session> sessions);
PgWrite RecordSessionUses(std::span<const Session> sessions);
PgWrite MoveSessionUses(std::chrono::milliseconds by, TimePoint latest);
/// @param removed  receives the number removed.
PgWrite RemoveUnusedSessions(TimePoint unused_until, std::size_t limit, std::size_t& removed);

}  // namespace rtcroom::pg
