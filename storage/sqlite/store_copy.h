// A copy of a store in one file, with a new history.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "daemon/base/result.h"

namespace rtcroom {

struct StoreCopyOptions {
  std::string from = {};       ///< the store; a server may have it open and keep writing
  std::string to = {};         ///< a file that does not exist
  std::string new_epoch = {};  ///< 16 hex digits
  std::string vfs = {};        ///< name of a registered SQLite VFS, for tests
};

/// Writes one snapshot to a new file, which is on disk and has been checked page by page when this
/// returns. Writers to the store do not wait for it; its write-ahead log grows meanwhile, since the
/// snapshot must be kept.
///
/// The copy has a history of its own (`RestartHistory`).
/// @errors kStoreBroken: `from` is not a store that this program can read, the copy could not be
///         written or is damaged. kUnavailable when a stop was requested. A partial copy may
///         remain: the caller removes it, and the file with its name and `-journal`.
Status CopyStore(const StoreCopyOptions& options, const std::stop_token& stop = {});

/// Gives the store at `path`, which no process has open, a new epoch: after a restore from a backup
/// the same positions get other events, so readers' old cursors must be rejected. Readers inside
/// the store keep their positions: the events they have read are in the file.
/// @errors kStoreBroken; kStoreBusy.
Status RestartHistory(const std::string& path, const std::string& new_epoch);

/// Maximum size in bytes of a copy of the store, in its present state.
/// @errors kStoreBroken; kStoreBusy.
Result<std::uint64_t> SizeOfCopy(const std::string& path);

/// Writes the log beside a store into the store itself, and removes the log. No process may have it
/// open.
/// @errors kStoreBroken; kStoreBusy.
Status FoldLogIn(const std::string& path);

/// Upgrades the store at `path`, which no process has open, to the newest schema.
/// @errors kStoreBroken; kStoreBusy.
Status UpgradeStore(const std::string& path);

}  // namespace rtcroom
