// Fills an empty store in PostgreSQL with the rows of another one.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_address.h"
#include "storage/postgres/pg_connection.h"
#include "storage/shared/store_tables.h"

namespace rtcroom {

/// One transaction: all of it is there after `Commit`, nothing before, or without it. Until it ends
/// no node can begin to use the store.
///
/// @threads one thread at a time.
class PgImport {
 public:
  PgImport(const PgAddress& address, const Clock& clock);

  /// Connects, and locks the store. Call it first.
  /// @errors kStoreBroken when there is no store of this program's schema, it is not empty, nodes
  ///         use it, or several hosts take writes; kStoreBusy. No message contains a password.
  Status Begin();

  /// @errors kStoreBroken; kStoreBusy. Then the import is over.
  Status Put(const StoreTable& table, const StoreCells& cells);

  /// @param epoch  of the store from then on: 16 hex digits.
  /// @errors as `Put`; kOutcomeUnknown when the answer to the commit was lost.
  Status Commit(const StoreMarks& marks, const std::string& epoch);

 private:
  const PgAddress address_;
  const Clock& clock_;
  PgConnection connection_;
};

}  // namespace rtcroom
