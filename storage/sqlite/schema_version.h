// Makes sure that an opened file is a store of ours, sound, and of the version we know.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/result.h"

namespace rtcroom {

class Database;

/// "RTCR": tells our files from those of other programs (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x52544352;

/// The schema that this program writes.
std::int64_t NewestSchema();

/// Refuses a file that is no database, is another program's or is newer than this program; changes
/// nothing. One that is still empty passes.
/// @errors kStoreBroken; kStoreBusy when another process holds the file.
Status CheckIdentity(Database& database);

/// Refuses a file that is no database, is another program's, is newer than this program or is
/// damaged; changes nothing.
///
/// The pages of a store of up to 64 MiB are all checked (PRAGMA quick_check, a fraction of a
/// second). For a larger one that would hold up the start, so only what a start reads anyway
/// is seen: header, schema and the index of all rooms. Damage elsewhere shows as kStoreBroken
/// when it is read.
/// @errors kStoreBroken; kStoreBusy when another process holds the file.
Status CheckStoreFile(Database& database);

/// Brings the schema to the newest version in one transaction; a new store is made so too, and
/// gets `new_epoch`.
/// @errors kStoreBroken; kStoreBusy.
Status MigrateSchema(Database& database, const std::string& new_epoch);

}  // namespace rtcroom
