// Logins in groups in PostgreSQL.
#pragma once

#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/group_join_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom::pg {

std::span<const PgStatement> GroupJoinReads();
std::span<const PgStatement> GroupJoinWrites();

// The functions are those of `GroupJoinStore`.

Result<std::vector<GroupJoinChange>> LoadGroupJoins(PgConnection& connection,
                                                    MonotonicTime deadline);

PgWrite RecordGroupJoins(std::span<const GroupJoinChange> changes);

}  // namespace rtcroom::pg
