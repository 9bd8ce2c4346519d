// Revocations of signed push URLs in PostgreSQL.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/revocation_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

// The functions are those of `RevocationStore`.

Result<std::vector<Revocation>> LoadRevocations(PgConnection& connection, TimePoint now,
                                                MonotonicTime deadline);

/// With the change of its room.
PgCall WriteRevocation(const Revocation& revocation);
/// At most `limit` of them. @param removed  receives the number removed.
PgWrite RemoveEndedRevocations(TimePoint now, std::size_t limit, std::size_t& removed);

}  // namespace rtcroom::pg
