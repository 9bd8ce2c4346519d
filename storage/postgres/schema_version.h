// Creates the tables of a store in PostgreSQL, or brings them up to date.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/schema.h"

namespace rtcroom {

/// Versions of the schema; 0: there is none.
struct PgMigration {
  std::int64_t from = 0;  ///< version that was found
  std::int64_t to = 0;    ///< now; newer than this program's where it can use that one
};

/// Brings the schema to the newest version, each step in one transaction; a schema that is there
/// needs no right but to read it. Several nodes may do this at once: one of them runs the step.
///
/// @param plain      connected, with the server's defaults for planning.
/// @param new_epoch  16 hex digits: of the store, if there is none yet.
/// @errors kStoreBroken when a newer program has changed the schema in a way that this one does not
/// know, or the account may not do a step: then the message names the command that does;
/// kStoreBusy.
Result<PgMigration> MigratePgSchema(PgConnection& plain, const std::string& new_epoch,
                                    MonotonicTime deadline,
                                    std::span<const std::string_view> steps = PgSchemaSteps());

/// The version of a schema that this program can use as it is.
/// @errors kStoreBroken when there is none, it is older, or too new; kStoreBusy.
Result<std::int64_t> RequirePgSchema(PgConnection& plain, MonotonicTime deadline);

}  // namespace rtcroom
