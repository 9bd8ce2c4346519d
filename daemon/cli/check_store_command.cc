#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "daemon/base/system_random.h"
#include "daemon/cli/database.h"
#include "daemon/cli/section_config.h"
#include "daemon/cli/store_commands.h"
#include "daemon/cli/store_output.h"
#include "daemon/process/position_mark.h"
#include "daemon/process/scoped_file_owner.h"
#include "daemon/process/store_factory.h"
#include "storage/postgres/pg_check.h"
#include "storage/sqlite/store_check.h"

namespace rtcroom {
namespace {

RoomLimits LimitsOf(const RoomConfig& room) {
  return {.max_pushers_double = room.max_pushers_double,
          .max_pushers_multi = room.max_pushers_multi,
          .max_pushers_live = room.max_pushers_live,
          .max_audiences = room.max_audiences};
}

Result<StoreReport> Check(const std::filesystem::path& store, const std::filesystem::path& owned,
                          const RoomLimits& limits) {
  // Even a reader can create a file beside a store that no process has open.
  const Result<std::unique_ptr<ScopedFileOwner>> owner = ScopedFileOwner::ForPath(owned);
  if (!owner) return owner.error();
  // SQLite would wait for a writer on a pipe.
  std::error_code problem;
  if (std::filesystem::exists(store, problem) &&
      !std::filesystem::is_regular_file(store, problem)) {
    return Error{Errc::kUnavailable, fmt::format("{} is no file", store.string())};
  }
  SystemRandom random;
  const std::optional<Cursor> mark = PositionMark(store, random).Read();
  Result<StoreReport> report = CheckStore({.path = store.string(), .limits = limits});
  if (!report) return report;
  const std::uint64_t missing = CountMissingEvents(mark, report->newest);
  if (missing > 0) {
    report->findings.Add("events", fmt::format("at least {} that were acknowledged are missing:"
                                               " the newest was at position {}, and is at {}",
                                               missing, mark->position, report->newest.position));
  }
  return report;
}

/// @param name  of the store.
int PrintReport(const StoreReport& report, std::string_view name, const CliContext& context) {
  PrintFindings(context.out, report.findings);
  PrintStoreSize(context.out, report);
  if (!report.findings.empty()) {
    context.out << fmt::format("{}: {} findings\n", name, report.findings.count());
    return kExitFailed;
  }
  context.out << fmt::format("{}: no problem found\n", name);
  return kExitOk;
}

int CheckDatabase(const CheckStoreOptions& options, const RoomLimits& limits,
                  const CliContext& context) {
  const std::optional<PgAddress> address =
      FindDatabase({.config = options.config, .url = options.database}, context);
  if (!address) return kExitUsage;
  const Result<StoreReport> report = CheckPgStore(*address, limits, context.clock);
  if (report) return PrintReport(*report, kShownDatabase, context);
  context.err << kShownDatabase << ": " << report.error().detail << '\n';
  return kExitFailed;
}

}  // namespace

int RunCheckStore(const CheckStoreOptions& options, const CliContext& context) {
  const std::optional<Config> room = LoadSection("room", options.config, context);
  if (!room) return kExitUsage;
  const std::optional<Config> config = LoadSection("store", options.config, context);
  if (!config) return kExitUsage;
  if (options.database || (!options.file && config->store.url.IsPostgres())) {
    return CheckDatabase(options, LimitsOf(room->room), context);
  }
  std::filesystem::path store = options.file.value_or("");
  if (store.empty()) {
    Result<std::filesystem::path> configured =
        StoreFileOf(config->store.url, config->store.data_dir);
    if (!configured || configured->empty()) {
      context.err << "store.url: is not a file that can be checked\n";
      return kExitUsage;
    }
    store = *std::move(configured);
  }
  const std::filesystem::path owned =
      options.file ? store : std::filesystem::path(config->store.data_dir);
  const Result<StoreReport> report = Check(store, owned, LimitsOf(room->room));
  if (!report) {
    context.err << report.error().detail << '\n';
    return kExitFailed;
  }
  return PrintReport(*report, store.string(), context);
}

}  // namespace rtcroom
