// A part of a transaction that can be undone separately.
#pragma once

#include "daemon/base/result.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that create and release savepoints, prepared once because each write runs them.
struct SavepointStatements {
  Status Prepare(Database& database);

  Statement make;
  Statement release;
};

/// Undoes all writes since its creation, unless it is released.
///
/// If the undo itself fails, the whole transaction is rolled back, so that no partial write is ever
/// committed; `Database::InTransaction` is false then.
class Savepoint {
 public:
  Savepoint(Database& database, SavepointStatements& statements);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;

  /// Whether it was created.
  [[nodiscard]] const Status& status() const { return status_; }
  /// Keeps its writes as a part of the transaction.
  Status Release();

 private:
  Database& database_;
  SavepointStatements& statements_;
  Status status_;
  bool open_ = false;
};

}  // namespace rtcroom
