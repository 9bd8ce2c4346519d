// An operator's questions to a database and changes in it, beside the nodes that use it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/cluster.h"
#include "storage/postgres/pg_address.h"
#include "storage/postgres/schema_version.h"

namespace rtcroom {

/// Whether the epoch changes while nodes are registered: those of a restored database may be of the
/// time of the copy.
enum class RegisteredNodes : std::uint8_t { kRefused, kIgnored };

// None of their messages contains a password. Each waits for the database for a minute at most.
// What changes something refuses a database of which several hosts take writes.

/// Connects and brings the schema up to date (`MigratePgSchema`).
Result<PgMigration> MigratePgStore(const PgAddress& address, const std::string& new_epoch,
                                   const Clock& clock);

/// Reads them in one transaction, by number.
/// @errors kStoreBroken when there is no store of this program's schema; kStoreBusy.
Result<std::vector<ListedNode>> ListPgNodes(const PgAddress& address, const Clock& clock);

/// Begins a new history: cursors of before are refused from then on. For a database that was
/// restored to a point in time, before nodes start.
/// @param epoch  16 hex digits.
/// @return the epoch of before.
/// @errors kStoreBroken, also when nodes are registered, unless they are ignored; kStoreBusy;
///         kOutcomeUnknown when the answer to the commit was lost.
Result<std::string> ChangePgEpoch(const PgAddress& address, const std::string& epoch,
                                  RegisteredNodes nodes, const Clock& clock);

}  // namespace rtcroom
