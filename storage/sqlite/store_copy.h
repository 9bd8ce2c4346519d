// A copy of a store in one file, with a history of its own.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "daemon/base/result.h"

namespace rtcroom {

struct StoreCopyOptions {
  std::string from = {};       ///< the store; a server may have it open, and go on writing
  std::string to = {};         ///< a file that does not exist
  std::string new_epoch = {};  ///< 16 hex digits
  std::string vfs = {};        ///< name of a registered SQLite VFS, for tests
};

/// Writes all that is committed at one moment to a new file, which is on disk and has been checked
/// page by page when this returns. Nobody who writes to the store waits for it; its write-ahead
/// log grows meanwhile, as what is copied has to stay.
///
/// The copy is a history of its own (`RestartHistory`).
/// @errors kStoreBroken: `from` is no store that this program can read, the copy could not be
///         written or is damaged. kUnavailable when a stop was asked for. A part of the copy may
///         be left then: it is the caller's to remove, with what has its name and `-journal`.
Status CopyStore(const StoreCopyOptions& options, const std::stop_token& stop = {});

/// Gives the store at `path`, which nobody has open, a new epoch: from a backup the same positions
/// are filled with other events, so a reader with a cursor must hear that it is of no use. Readers
/// inside of the store stand where they stood: what they have read is in the file.
/// @errors kStoreBroken; kStoreBusy.
Status RestartHistory(const std::string& path, const std::string& new_epoch);

/// How many bytes a copy of the store takes at most, as it is now.
/// @errors kStoreBroken; kStoreBusy.
Result<std::uint64_t> SizeOfCopy(const std::string& path);

/// Writes what the log beside a store holds into the store itself, and removes the log. Nobody may
/// have it open.
/// @errors kStoreBroken; kStoreBusy.
Status FoldLogIn(const std::string& path);

/// Brings the store at `path`, which nobody has open, to the newest schema.
/// @errors kStoreBroken; kStoreBusy.
Status UpgradeStore(const std::string& path);

}  // namespace rtcroom
