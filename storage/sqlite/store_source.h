// Reads all rows of a store in SQLite, for a copy in another database.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "daemon/base/result.h"
#include "storage/shared/store_tables.h"
#include "storage/sqlite/database.h"

namespace rtcroom {

/// A store that nothing writes to. Changes nothing in it: one of an older schema is upgraded in a
/// temporary copy.
///
/// @threads one thread at a time.
class StoreSource {
 public:
  /// @errors kStoreBroken when it is not a store, or newer than this program; kStoreBusy. The
  ///         message names the path.
  static Result<StoreSource> Open(const std::string& path);

  /// @errors kStoreBroken; kStoreBusy.
  Result<StoreMarks> Marks();

  /// Passes all rows of a table to `take`, up to `limit` at a time, until it fails.
  /// @errors those of `take`; kStoreBroken; kStoreBusy.
  Status Read(const StoreTable& table, std::size_t limit,
              const std::function<Status(const StoreCells& cells)>& take);

 private:
  explicit StoreSource(Database database) : database_(std::move(database)) {}

  Database database_;
};

}  // namespace rtcroom
