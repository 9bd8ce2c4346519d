// Creates the tables of a store in PostgreSQL, or brings them up to date.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/schema.h"

namespace rtcroom {

/// Brings the schema to the newest version, each step in one transaction; a schema that is there
/// needs no right but to read it. Several nodes may do this at once: one of them runs the step.
///
/// @param plain      connected, with the server's defaults for planning.
/// @param new_epoch  16 hex digits: of the store, if there is none yet.
/// @errors kStoreBroken when a newer program has changed the schema in a way that this one does not
/// know, or the account lacks a right; kStoreBusy.
Status MigratePgSchema(PgConnection& plain, const std::string& new_epoch, MonotonicTime deadline,
                       std::span<const std::string_view> steps = PgSchemaSteps());

}  // namespace rtcroom
