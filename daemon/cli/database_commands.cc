#include "daemon/cli/database_commands.h"

#include <fmt/format.h>

#include "daemon/base/system_random.h"
#include "daemon/core/system_ids.h"
#include "storage/postgres/pg_admin.h"

namespace rtcroom {
namespace {

int ReportFailure(const Error& error, const CliContext& context) {
  context.err << kShownDatabase << ": " << error.detail << '\n';
  return kExitFailed;
}

}  // namespace

int RunMigrateStore(const DatabaseChoice& choice, const CliContext& context) {
  const std::optional<PgAddress> address = FindDatabase(choice, context);
  if (!address) return kExitUsage;
  SystemRandom random;
  const Result<PgMigration> migrated = MigratePgStore(*address, NewEpoch(random), context.clock);
  if (!migrated) return ReportFailure(migrated.error(), context);
  const auto& [from, to] = *migrated;
  if (from == to) {
    context.out << fmt::format("{}: the schema is up to date, at version {}\n", kShownDatabase, to);
  } else if (from == 0) {
    context.out << fmt::format("{}: the schema was created, at version {}\n", kShownDatabase, to);
  } else {
    context.out << fmt::format("{}: the schema was brought from version {} to {}\n", kShownDatabase,
                               from, to);
  }
  return kExitOk;
}

}  // namespace rtcroom
