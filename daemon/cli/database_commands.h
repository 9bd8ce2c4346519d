// The commands on a PostgreSQL database, with parsed options. Each returns the exit code.
#pragma once

#include <string>

#include "daemon/cli/commands.h"
#include "daemon/cli/database.h"
#include "storage/postgres/pg_admin.h"

namespace rtcroom {

/// Creates the schema of a store, or brings it up to date; nodes may run.
int RunMigrateStore(const DatabaseChoice& choice, const CliContext& context);

struct NewEpochOptions {
  DatabaseChoice database = {};
  RegisteredNodes nodes = RegisteredNodes::kRefused;
};
/// Begins a new history in a database that was restored to a point in time.
int RunNewEpoch(const NewEpochOptions& options, const CliContext& context);

struct NodesOptions {
  DatabaseChoice database = {};
  bool json = false;  ///< one line for each node, instead of a table
};
/// Prints the nodes that are registered.
int RunNodes(const NodesOptions& options, const CliContext& context);

struct CopyStoreOptions {
  ConfigPath config = {};
  std::string from = {};               ///< sqlite:PATH, below `store.data_dir`
  std::optional<std::string> to = {};  ///< nullopt: `store.url`
};
/// Copies a store in SQLite that no server uses into an empty one in PostgreSQL; all of it or
/// nothing. Prints the faults of a store that it refuses.
int RunCopyStore(const CopyStoreOptions& options, const CliContext& context);

}  // namespace rtcroom
