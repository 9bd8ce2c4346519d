#include "storage/sqlite/schema_version.h"

#include <span>
#include <string_view>

#include <fmt/format.h>

#include "storage/sqlite/database.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {
namespace {

constexpr std::size_t kEpochSize = 16;
constexpr std::uint64_t kMostBytesToCheck = std::uint64_t{64} << 20;

Status CheckPages(Database& database) {
  const Result<std::uint64_t> size = database.SizeInBytes();
  if (!size) return size.error();
  if (*size > kMostBytesToCheck) return {};

  const Result<std::string> found = database.QueryText("PRAGMA quick_check(1)");
  if (!found) return found.error();
  if (*found != "ok") return Error{Errc::kStoreBroken, "it is damaged: " + *found};
  return {};
}

Status RunSteps(Database& database, const std::string& new_epoch) {
  const Result<std::int64_t> version = database.QueryInteger("PRAGMA user_version");
  if (!version) return version.error();
  const auto steps = SchemaSteps().subspan(static_cast<std::size_t>(*version));
  if (steps.empty()) return {};
  for (const std::string_view step : steps) {
    if (const Status ran = database.Execute(std::string(step)); !ran) return ran;
  }
  if (*version == 0) {
    if (new_epoch.size() != kEpochSize) {
      return Error{Errc::kInternal, "a new store needs an epoch of 16 hex digits"};
    }
    const Status inserted =
        RunOnce(database,
                "INSERT INTO meta (only_row, epoch, last_room_sequence,"
                " last_event_position, trimmed_position, pings) VALUES (1, ?, 0, 0, 0, 0)",
                new_epoch);
    if (!inserted) return inserted;
  }
  return database.Execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                      kApplicationId, SchemaSteps().size()));
}

}  // namespace

std::int64_t NewestSchema() { return static_cast<std::int64_t>(SchemaSteps().size()); }

Status CheckIdentity(Database& database) {
  const Result<std::int64_t> application = database.QueryInteger("PRAGMA application_id");
  if (!application) return application.error();
  const Result<std::int64_t> version = database.QueryInteger("PRAGMA user_version");
  if (!version) return version.error();
  const Result<std::int64_t> tables = database.QueryInteger("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();

  // An interrupted first start may leave an empty file: it is treated as a new one.
  const bool is_new = *application == 0 && *version == 0 && *tables == 0;
  if (!is_new && *application != kApplicationId) {
    return Error{Errc::kStoreBroken, "it is the database of another program"};
  }
  if (*version > NewestSchema()) {
    return Error{Errc::kStoreBroken,
                 fmt::format("it was written by a newer rtcroomd (schema {}; this one knows {})",
                             *version, NewestSchema())};
  }
  return {};
}

Status CheckStoreFile(Database& database) {
  if (const Status ours = CheckIdentity(database); !ours) return ours;
  return CheckPages(database);
}

Status MigrateSchema(Database& database, const std::string& new_epoch) {
  if (const Status begun = database.Execute("BEGIN IMMEDIATE"); !begun) return begun;
  Status done = RunSteps(database, new_epoch);
  if (done) done = database.Execute("COMMIT");
  if (!done && database.InTransaction()) (void)database.Execute("ROLLBACK");
  return done;
}

}  // namespace rtcroom
