// Checks that an opened file is a sound store of a supported version.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/result.h"

namespace rtcroom {

class Database;

/// "RTCR": distinguishes a store from the files of other programs (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x52544352;

/// The newest schema version that this program supports.
std::int64_t NewestSchema();

/// Refuses a file that is not a database, belongs to another program or is newer than this program;
/// changes nothing. Accepts an empty file.
/// @errors kStoreBroken; kStoreBusy when another process holds the file.
Status CheckIdentity(Database& database);

/// Refuses a file that is not a database, belongs to another program, is newer than this program or
/// is damaged; changes nothing.
///
/// Checks all pages of a store of up to 64 MiB (PRAGMA quick_check, a fraction of a second). For a
/// larger one that would delay the start, so only the parts that a start reads anyway are checked:
/// header, schema and the index of all rooms. Damage elsewhere is reported as kStoreBroken when it
/// is read.
/// @errors kStoreBroken; kStoreBusy when another process holds the file.
Status CheckStoreFile(Database& database);

/// Upgrades the schema to the newest version in one transaction; this also initialises a new store,
/// which gets `new_epoch`.
/// @errors kStoreBroken; kStoreBusy.
Status MigrateSchema(Database& database, const std::string& new_epoch);

}  // namespace rtcroom
