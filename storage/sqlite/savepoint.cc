#include "storage/sqlite/savepoint.h"

#include "storage/sqlite/database.h"

namespace rtcroom {

Savepoint::Savepoint(Database& database)
    : database_(database), status_(database.Execute("SAVEPOINT change")), open_(status_.ok()) {}

Savepoint::~Savepoint() {
  if (!open_ || !database_.InTransaction()) return;
  if (!database_.Execute("ROLLBACK TO change; RELEASE change").ok()) {
    // ROLLBACK discards what is in memory; it needs no disk, so nothing is left to fail.
    (void)database_.Execute("ROLLBACK");
  }
}

Status Savepoint::Release() {
  Status released = database_.Execute("RELEASE change");
  open_ = !released.ok();
  return released;
}

}  // namespace rtcroom
