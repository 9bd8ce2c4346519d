// Puts a backup in the place of the store.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/base/atomic_file.h"
#include "daemon/base/clock.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "storage/sqlite/store_check.h"

namespace rtcroom {

struct RestoreOptions {
  int from = -1;                     ///< a descriptor of the backup
  std::filesystem::path store = {};  ///< the database file; its directory is locked by the caller
  ExistingFile existing = ExistingFile::kRefused;
  TimePoint now{};
};

struct RestoreOutcome {
  StoreReport report{};  ///< of the backup; with findings nothing was put in place
  std::string kept{};    ///< where the store is now that was there before; empty: there was none
};

/// Checks the backup as `CheckStore` does, brings it to the newest schema, gives it a new epoch
/// and renames it into place, owned by whoever the process acts as. A store that is there and is to
/// be replaced stays beside it, as `<name>.before-restore-<time>`.
///
/// A crash in between leaves the old store or the new one; only when the old one is so damaged that
/// its logs could not be written into it does the old one lose them in place, and keep them with
/// the copy that is put aside.
/// @param random  names the file in the making, and the epoch.
/// @errors kUnavailable: there is a store and it is not to be replaced, or a file cannot be
///         written. kStoreBroken: the backup is no store that this program can read.
Result<RestoreOutcome> RestoreStore(const RestoreOptions& options, RandomSource& random);

}  // namespace rtcroom
