// A copy of a database for the time that it is open.
#pragma once

#include "daemon/base/result.h"
#include "storage/sqlite/database.h"

namespace rtcroom {

/// The copy is in an unnamed temporary file that SQLite deletes when it is closed.
/// @errors kStoreBroken; kStoreBusy.
Result<Database> MakeTemporaryCopy(Database& from);

}  // namespace rtcroom
