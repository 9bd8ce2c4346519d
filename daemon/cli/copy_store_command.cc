#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "daemon/base/system_random.h"
#include "daemon/cli/database_commands.h"
#include "daemon/cli/printable.h"
#include "daemon/cli/section_config.h"
#include "daemon/cli/store_output.h"
#include "daemon/config/text_rules.h"
#include "daemon/core/system_ids.h"
#include "daemon/process/data_directory.h"
#include "daemon/process/scoped_file_owner.h"
#include "daemon/process/store_factory.h"
#include "storage/postgres/pg_import.h"
#include "storage/sqlite/store_check.h"
#include "storage/sqlite/store_source.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRowsOfAStep = 1000;

/// A store that this process alone uses.
struct LockedStore {
  std::unique_ptr<ScopedFileOwner> owner{};
  std::unique_ptr<DataDirectory> lock{};
  std::string path{};
};

Result<LockedStore> LockStore(const fs::path& store, const fs::path& data_dir) {
  LockedStore locked{.path = store.string()};
  Result<std::unique_ptr<ScopedFileOwner>> owner = ScopedFileOwner::ForPath(data_dir);
  if (!owner) return owner.error();
  locked.owner = *std::move(owner);
  std::error_code problem;
  if (!fs::is_regular_file(store, problem)) {
    return Error{Errc::kUnavailable, fmt::format("there is no store at {}", locked.path)};
  }
  Result<std::unique_ptr<DataDirectory>> lock = DataDirectory::Open(data_dir);
  if (!lock && lock.error().code == Errc::kStoreBusy) {
    return Error{Errc::kUnavailable, lock.error().detail + ": stop the server first"};
  }
  if (!lock) return lock.error();
  locked.lock = *std::move(lock);
  return locked;
}

Status CopyTables(StoreSource& source, PgImport& target) {
  for (const StoreTable& table : StoreTables()) {
    const Status copied = source.Read(
        table, kRowsOfAStep, [&](const StoreCells& cells) { return target.Put(table, cells); });
    if (!copied) return copied;
  }
  return {};
}

/// @param epoch  of the copy.
Status Copy(const LockedStore& store, const PgAddress& to, const std::string& epoch,
            const Clock& clock) {
  Result<StoreSource> source = StoreSource::Open(store.path);
  if (!source) return source.error();
  const Result<StoreMarks> marks = source->Marks();
  if (!marks) return marks.error();
  PgImport target(to, clock);
  Status done = target.Begin();
  if (done) done = CopyTables(*source, target);
  if (done) done = target.Commit(*marks, epoch);
  if (done) return {};
  return Error{done.error().code, fmt::format("{}: {}", kShownDatabase, done.error().detail)};
}

}  // namespace

int RunCopyStore(const CopyStoreOptions& options, const CliContext& context) {
  const std::string_view wrong = CheckStoreUrl(options.from);
  if (!wrong.empty() || !options.from.starts_with("sqlite:")) {
    context.err << "--from: " << (wrong.empty() ? "must be sqlite:PATH" : wrong) << '\n';
    return kExitUsage;
  }
  const std::optional<Config> config = LoadSection("store", options.config, context);
  if (!config) return kExitUsage;
  const std::optional<PgAddress> to =
      FindDatabase({.config = options.config, .url = options.to, .option = "--to"}, context);
  if (!to) return kExitUsage;
  const fs::path data_dir = config->store.data_dir;
  const Result<fs::path> file = StoreFileOf(StoreUrl(options.from), data_dir);
  const Result<LockedStore> store = file ? LockStore(*file, data_dir) : file.error();
  if (!store) {
    context.err << store.error().detail << '\n';
    return kExitFailed;
  }
  const Result<StoreReport> report = CheckStore({.path = store->path});
  if (!report) {
    context.err << report.error().detail << '\n';
    return kExitFailed;
  }
  if (!report->findings.empty()) {
    PrintFindings(context.err, report->findings);
    context.err << fmt::format("{}: {} findings; nothing was copied\n", store->path,
                               report->findings.count());
    return kExitFailed;
  }
  SystemRandom random;
  const std::string epoch = NewEpoch(random);
  if (const Status copied = Copy(*store, *to, epoch, context.clock); !copied) {
    context.err << copied.error().detail << '\n';
    if (copied.error().code == Errc::kOutcomeUnknown) {
      context.err << "It is unknown whether the copy is there: the answer was lost. The next"
                     " attempt tells.\n";
    } else {
      context.err << "Nothing was copied.\n";
    }
    return kExitFailed;
  }
  PrintStoreSize(context.out, *report);
  context.out << fmt::format("{}: all of it was copied, with the new epoch {}\n", kShownDatabase,
                             epoch);
  return kExitOk;
}

}  // namespace rtcroom
