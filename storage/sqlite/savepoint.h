// A part of a transaction that can be undone alone.
#pragma once

#include "daemon/core/result.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// What makes savepoints, prepared once for all of them: each write makes one.
struct SavepointStatements {
  Status Prepare(Database& database);

  Statement make;
  Statement release;
};

/// Undoes what was written since it was made, unless it is released.
///
/// When even the undoing fails, the whole transaction is rolled back, so that nothing half
/// written is ever committed: `Database::InTransaction` tells.
class Savepoint {
 public:
  Savepoint(Database& database, SavepointStatements& statements);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;

  /// Whether it could be made.
  [[nodiscard]] const Status& status() const { return status_; }
  /// Keeps what was written, as a part of the transaction.
  Status Release();

 private:
  Database& database_;
  SavepointStatements& statements_;
  Status status_;
  bool open_ = false;
};

}  // namespace rtcroom
