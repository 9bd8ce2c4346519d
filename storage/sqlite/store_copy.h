// A copy of a store in one file, with a new history.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "daemon/base/result.h"
#include "storage/sqlite/database.h"

namespace rtcroom {

struct StoreCopyOptions {
  std::string to = {};         ///< a file that does not exist
  std::string new_epoch = {};  ///< 16 hex digits
  std::string vfs = {};        ///< name of a registered SQLite VFS, for tests
};

/// Opens the new file, for pages that are written in any order and not flushed.
/// @errors kStoreBroken: it exists, or cannot be made.
Result<Database> OpenCopy(const StoreCopyOptions& options);

/// Gives the pages in `copy` a new epoch, flushes and checks them.
/// @errors kStoreBroken; kUnavailable when a stop was requested.
Status FinishCopy(Database& copy, const std::string& new_epoch, const std::stop_token& stop);

/// Copies the store at `from` as `SqliteStore::CopyTo` does. No server may have it open: its log
/// could not be moved meanwhile.
/// @errors kStoreBroken: `from` is not a store that this program can read; those of `CopyTo`.
Status CopyStore(const std::string& from, const StoreCopyOptions& options,
                 const std::stop_token& stop = {});

/// Maximum size in bytes of such a copy.
/// @errors kStoreBroken; kStoreBusy.
Result<std::uint64_t> SizeOfCopy(const std::string& path);

/// Gives the store at `path`, which no process has open, a new epoch: after a restore from a backup
/// the same positions get other events, so readers' old cursors must be rejected. Readers inside
/// the store keep their positions: the events they have read are in the file.
/// @errors kStoreBroken; kStoreBusy.
Status RestartHistory(const std::string& path, const std::string& new_epoch);

/// Writes the log beside a store into the store itself, and removes the log. No process may have it
/// open.
/// @errors kStoreBroken; kStoreBusy.
Status FoldLogIn(const std::string& path);

/// Upgrades the store at `path`, which no process has open, to the newest schema.
/// @errors kStoreBroken; kStoreBusy.
Status UpgradeStore(const std::string& path);

}  // namespace rtcroom
