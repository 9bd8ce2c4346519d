// The commands on a PostgreSQL database, with parsed options. Each returns the exit code.
#pragma once

#include <string>

#include "daemon/cli/commands.h"
#include "daemon/cli/database.h"

namespace rtcroom {

/// Creates the schema of a store, or brings it up to date; nodes may run.
int RunMigrateStore(const DatabaseChoice& choice, const CliContext& context);

}  // namespace rtcroom
