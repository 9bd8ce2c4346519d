// A part of a transaction that can be undone alone.
#pragma once

#include "daemon/core/result.h"

namespace rtcroom {

class Database;

/// Undoes what was written since it was made, unless it is released.
///
/// When even the undoing fails, the whole transaction is rolled back, so that nothing half
/// written is ever committed: `Database::InTransaction` tells.
class Savepoint {
 public:
  explicit Savepoint(Database& database);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;

  /// Whether it could be made.
  [[nodiscard]] const Status& status() const { return status_; }
  /// Keeps what was written, as a part of the transaction.
  Status Release();

 private:
  Database& database_;
  Status status_;
  bool open_ = false;
};

}  // namespace rtcroom
