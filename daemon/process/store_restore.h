// Replaces the store with a backup.
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
  StoreReport report{};  ///< report of the backup; with findings, nothing was replaced
  std::string kept{};    ///< the new path of the previous store; empty: there was none
};

/// Checks the backup as `CheckStore` does, upgrades it to the newest schema, gives it a new epoch
/// and renames it into place, owned by the user that the process acts as. An existing store that is
/// replaced stays beside it, as `<name>.before-restore-<time>`.
///
/// A crash in between leaves the old store or the new one. Exception: when the old store is so
/// damaged that its logs could not be written into it, it loses them in place; they are kept with
/// the copy that is put aside.
/// @param random  names the temporary file, and the epoch.
/// @errors kUnavailable: there is a store and it must not be replaced, or a file cannot be written.
///         kStoreBroken: the backup is not a store that this program can read.
Result<RestoreOutcome> RestoreStore(const RestoreOptions& options, RandomSource& random);

}  // namespace rtcroom
