#include "daemon/process/store_restore.h"

#include <cerrno>
#include <chrono>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/system_error.h"
#include "daemon/core/system_ids.h"
#include "storage/sqlite/store_copy.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInTheMaking = ".restoring";

/// The files that SQLite replays into a database, or rolls back.
constexpr const char* kLogs[] = {"-wal", "-journal"};
/// These, the files derived from them, and the mark of `PositionMark`.
constexpr const char* kCompanions[] = {"-wal", "-shm", "-journal", ".newest"};

fs::path With(const fs::path& path, std::string_view suffix) {
  fs::path longer = path;
  longer += suffix;
  return longer;
}

Error Problem(const char* what, const fs::path& path, int error_number) {
  return SystemError(fmt::format("cannot {} {}", what, path.string()), error_number);
}

Status Remove(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Problem("remove", path, errno);
  return {};
}

Status RemoveCompanions(const fs::path& store) {
  for (const char* const companion : kCompanions) {
    if (const Status removed = Remove(With(store, companion)); !removed) return removed;
  }
  return {};
}

Status Link(const fs::path& path, const fs::path& as) {
  if (::link(path.c_str(), as.c_str()) != 0) return Problem("put aside", path, errno);
  return {};
}

/// Links the existing store under a second name, before the first one is given to another file.
Status MoveAside(const fs::path& store, const fs::path& kept) {
  // After folding the log in, one file holds everything. A store that is too damaged for that keeps
  // its logs under the names by which SQLite finds them.
  const bool is_whole = FoldLogIn(store.string()).ok();
  if (const Status linked = Link(store, kept); !linked) return linked;
  for (const char* const log : kLogs) {
    const fs::path path = With(store, log);
    std::error_code problem;
    if (is_whole || !fs::exists(path, problem)) continue;
    if (const Status linked = Link(path, With(kept, log)); !linked) return linked;
  }
  return SyncDirectory(store.parent_path());
}

/// Turns a valid copy of the backup into the file that the server will open.
Status Prepare(const fs::path& fresh, RandomSource& random) {
  const std::string path = fresh.string();
  if (const Status upgraded = UpgradeStore(path); !upgraded) return upgraded;
  // Last, so that the file is synced in its final state.
  if (const Status folded = FoldLogIn(path); !folded) return folded;
  return RestartHistory(path, NewEpoch(random));
}

Status PutInPlace(const fs::path& fresh, const fs::path& store) {
  // SQLite would replay a foreign log into the file.
  if (const Status removed = RemoveCompanions(store); !removed) return removed;
  if (const Status synced = SyncDirectory(store.parent_path()); !synced) return synced;
  if (::rename(fresh.c_str(), store.c_str()) != 0) return Problem("write", store, errno);
  return SyncDirectory(store.parent_path());
}

Result<RestoreOutcome> Restore(const RestoreOptions& options, const fs::path& fresh,
                               RandomSource& random) {
  const Status copied = CopyFileAtomically(options.from, fresh, ExistingFile::kReplaced, random);
  if (!copied) return copied.error();
  RestoreOutcome outcome;
  Result<StoreReport> report = CheckStore({.path = fresh.string()});
  if (!report) return report.error();
  outcome.report = *std::move(report);
  if (!outcome.report.findings.empty()) return outcome;
  if (const Status prepared = Prepare(fresh, random); !prepared) return prepared.error();

  std::error_code problem;
  if (fs::exists(options.store, problem)) {
    const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(options.now);
    const fs::path kept =
        With(options.store, fmt::format(".before-restore-{:%Y%m%dT%H%M%SZ}", seconds));
    if (const Status aside = MoveAside(options.store, kept); !aside) return aside.error();
    outcome.kept = kept.string();
  }
  if (const Status placed = PutInPlace(fresh, options.store); !placed) return placed.error();
  return outcome;
}

}  // namespace

Result<RestoreOutcome> RestoreStore(const RestoreOptions& options, RandomSource& random) {
  std::error_code problem;
  if (options.existing == ExistingFile::kRefused && fs::exists(options.store, problem)) {
    return Error{Errc::kUnavailable, fmt::format("there is a store at {}: --force puts it aside",
                                                 options.store.string())};
  }
  const fs::path fresh = With(options.store, kInTheMaking);
  // Leftovers of an interrupted restore; for those of the copy itself, see `CopyFileAtomically`.
  if (const Status removed = RemoveCompanions(fresh); !removed) return removed.error();
  Result<RestoreOutcome> outcome = Restore(options, fresh, random);
  (void)Remove(fresh);
  (void)RemoveCompanions(fresh);
  return outcome;
}

}  // namespace rtcroom
