// The commands about the store's files, their options already read. Each returns the exit code.
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
  std::optional<std::string> url = {};  ///< of the operator's port; none: `admin.listen`
};
/// Writes a copy of the store to a file. A running server is asked for the copy; when none runs
/// the copy is made here, as the owner of the data directory.
int RunBackup(const BackupOptions& options, const CliContext& context);

struct RestoreCommand {
  ConfigPath config = {};
  std::string file = {};
  ExistingFile existing = ExistingFile::kRefused;  ///< of a store that is there
};
/// Puts a backup in the place of the store, while no server runs. Prints what is wrong with a
/// backup that it refuses.
int RunRestore(const RestoreCommand& command, const CliContext& context);

struct CheckStoreOptions {
  ConfigPath config = {};
  std::optional<std::string> file = {};  ///< none: the configured store
};
/// Prints each thing that is wrong with a store; a server may have it open.
/// @return kExitFailed when there is one, or when it cannot be read.
int RunCheckStore(const CheckStoreOptions& options, const CliContext& context);

}  // namespace rtcroom
