#include "storage/sqlite/temporary_copy.h"

#include <sqlite3.h>

namespace rtcroom {

Result<Database> MakeTemporaryCopy(Database& from) {
  Result<Database> copy = Database::Open("", {}, Database::Access::kReadWriteCreate);
  if (!copy) return copy;
  sqlite3_backup* const backup = sqlite3_backup_init(copy->handle(), "main", from.handle(), "main");
  if (backup == nullptr) return LastError(copy->handle(), "copy");
  (void)sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return LastError(copy->handle(), "copy");
  return copy;
}

}  // namespace rtcroom
