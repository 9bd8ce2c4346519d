#include "storage/sqlite/savepoint.h"

#include "storage/sqlite/database.h"

namespace rtcroom {

Status SavepointStatements::Prepare(Database& database) {
  return PrepareAll(database, {{make, "SAVEPOINT change"}, {release, "RELEASE change"}});
}

Savepoint::Savepoint(Database& database, SavepointStatements& statements)
    : database_(database),
      statements_(statements),
      status_(Run(statements.make)),
      open_(status_.ok()) {}

Savepoint::~Savepoint() {
  if (!open_ || !database_.InTransaction()) return;
  if (!database_.Execute("ROLLBACK TO change; RELEASE change").ok()) {
    // ROLLBACK discards changes in memory; it needs no disk, so it cannot fail.
    (void)database_.Execute("ROLLBACK");
  }
}

Status Savepoint::Release() {
  Status released = Run(statements_.release);
  open_ = !released.ok();
  return released;
}

}  // namespace rtcroom
