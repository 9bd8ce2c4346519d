// The commands on the store's files, with parsed options. Each returns the exit code.
#pragma once

#include <optional>
#include <string>

#include "daemon/base/atomic_file.h"
#include "daemon/cli/commands.h"

namespace rtcroom {

struct BackupOptions {
  ConfigPath config = {};
  std::string file = {};
  ExistingFile existing = ExistingFile::kRefused;
  std::optional<std::string> url = {};  ///< of the admin listener; nullopt: `admin.listen`
};
/// Writes a copy of the store to a file. A running server makes the copy; without one, this process
/// does, as the owner of the data directory.
int RunBackup(const BackupOptions& options, const CliContext& context);

struct RestoreCommand {
  ConfigPath config = {};
  std::string file = {};
  ExistingFile existing = ExistingFile::kRefused;  ///< whether an existing store is replaced
};
/// Replaces the store with a backup, while no server runs. Prints the faults of a backup that it
/// refuses.
int RunRestore(const RestoreCommand& command, const CliContext& context);

struct CheckStoreOptions {
  ConfigPath config = {};
  std::optional<std::string> file = {};      ///< a store in SQLite, or a backup ...
  std::optional<std::string> database = {};  ///< ... or the URL of one; both nullopt: as configured
};
/// Prints each fault of a store; servers may have it open.
/// @return kExitFailed when there is a fault, or when the store cannot be read.
int RunCheckStore(const CheckStoreOptions& options, const CliContext& context);

}  // namespace rtcroom
