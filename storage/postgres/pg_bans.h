// Bans in PostgreSQL.
#pragma once

#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ban_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

std::span<const PgStatement> BanReads();
std::span<const PgStatement> BanWrites();

// The functions are those of `BanStore`.

Result<std::vector<Ban>> LoadBans(PgConnection& connection, TimePoint now, MonotonicTime deadline);

/// The row alone, for a transaction that also writes the room.
PgCall WriteBan(const Ban& ban);
/// Also makes a change of the room fail that was decided without it.
PgWrite PutBan(const Ban& ban);
PgWrite RemoveEndedBans(TimePoint now);

}  // namespace rtcroom::pg
