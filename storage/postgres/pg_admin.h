// What an operator asks of a database, and changes in it, beside the nodes that use it.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_address.h"
#include "storage/postgres/schema_version.h"

namespace rtcroom {

/// Connects and brings the schema up to date (`MigratePgSchema`). Waits for the database for a
/// minute at most; no message contains a password.
Result<PgMigration> MigratePgStore(const PgAddress& address, const std::string& new_epoch,
                                   const Clock& clock);

}  // namespace rtcroom
