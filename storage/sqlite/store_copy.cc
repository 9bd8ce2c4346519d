#include "storage/sqlite/store_copy.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "storage/sqlite/database.h"
#include "storage/sqlite/interruption.h"
#include "storage/sqlite/page_copy.h"
#include "storage/sqlite/schema_version.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {
namespace {

Error AboutStore(const std::string& path, const Error& error) {
  return {error.code, fmt::format("the store {}: {}", path, error.detail)};
}

/// Positions of readers exist since schema 2.
Result<bool> HasPositions(Database& database) {
  const Result<std::int64_t> tables =
      database.QueryInteger("SELECT count(*) FROM sqlite_schema WHERE name = 'reader_positions'");
  if (!tables) return tables.error();
  return *tables > 0;
}

Status WriteEpoch(Database& database, const std::string& new_epoch) {
  const Result<bool> has_positions = HasPositions(database);
  if (!has_positions) return has_positions.error();
  if (*has_positions) {
    const Status written = RunOnce(database,
                                   "UPDATE reader_positions SET epoch = ?"
                                   " WHERE epoch = (SELECT epoch FROM meta WHERE only_row = 1)",
                                   new_epoch);
    if (!written) return written;
  }
  return RunOnce(database, "UPDATE meta SET epoch = ? WHERE only_row = 1", new_epoch);
}

Status Restart(Database& database, const std::string& new_epoch) {
  // This commit also syncs all earlier writes to the file.
  const Status begun = database.Execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  if (!begun) return begun;
  Status done = WriteEpoch(database, new_epoch);
  if (done) done = database.Execute("COMMIT");
  if (!done && database.InTransaction()) (void)database.Execute("ROLLBACK");
  return done;
}

Status CheckEveryPage(Database& database) {
  const Result<std::string> found = database.QueryText("PRAGMA integrity_check(1)");
  if (!found) return found.error();
  if (*found != "ok") return Error{Errc::kStoreBroken, "it is damaged: " + *found};
  const Result<std::int64_t> dangling =
      database.QueryInteger("SELECT count(*) FROM pragma_foreign_key_check");
  if (!dangling) return dangling.error();
  if (*dangling != 0) return Error{Errc::kStoreBroken, "it has members without a room"};
  return {};
}

Status Finish(Database& copy, const std::string& new_epoch) {
  // The store's own mode was copied with its pages, and has files beside it.
  const Result<std::string> mode = copy.QueryText("PRAGMA journal_mode = DELETE");
  if (!mode) return mode.error();
  if (const Status restarted = Restart(copy, new_epoch); !restarted) return restarted;
  return CheckEveryPage(copy);
}

/// Opens an existing store.
Result<Database> OpenStoreFile(const std::string& path) {
  Result<Database> database = Database::Open(path, {}, Database::Access::kReadWrite);
  if (!database) return database;
  if (const Status ours = CheckStoreFile(*database); !ours) return AboutStore(path, ours.error());
  return database;
}

}  // namespace

Result<Database> OpenCopy(const StoreCopyOptions& options) {
  if (std::error_code unknown; std::filesystem::exists(options.to, unknown)) {
    return Error{Errc::kStoreBroken, options.to + " exists"};
  }
  Result<Database> copy =
      Database::Open(options.to, options.vfs, Database::Access::kReadWriteCreate);
  if (!copy) return copy;
  const Status set = copy->Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  if (!set) return set.error();
  return copy;
}

Status FinishCopy(Database& copy, const std::string& new_epoch, const std::stop_token& stop) {
  const Interruption interruption(copy, stop);
  Status finished = Finish(copy, new_epoch);
  if (stop.stop_requested()) return Error{Errc::kUnavailable, "the copy was called off"};
  return finished;
}

Status CopyStore(const std::string& from, const StoreCopyOptions& options,
                 const std::stop_token& stop) {
  Result<Database> to = OpenCopy(options);
  if (!to) return to.error();
  const Status copied = [&]() -> Status {
    Result<Database> store = Database::Open(from, {}, Database::Access::kReadOnly);
    if (!store) return store.error();
    if (const Status ours = CheckStoreFile(*store); !ours) return AboutStore(from, ours.error());
    PageCopy pages(*store, *to);
    Result<bool> is_complete = false;
    while (is_complete && !*is_complete && !stop.stop_requested()) is_complete = pages.Step();
    return is_complete ? Status() : is_complete.error();
  }();
  return copied ? FinishCopy(*to, options.new_epoch, stop) : copied;
}

Result<std::uint64_t> SizeOfCopy(const std::string& path) {
  Result<Database> database = Database::Open(path, {}, Database::Access::kReadOnly);
  if (!database) return database.error();
  return database->SizeInBytes();
}

Status RestartHistory(const std::string& path, const std::string& new_epoch) {
  Result<Database> database = OpenStoreFile(path);
  if (!database) return database.error();
  return Restart(*database, new_epoch);
}

Status FoldLogIn(const std::string& path) {
  Result<Database> database = OpenStoreFile(path);
  if (!database) return database.error();
  // Fails while another process has the file open.
  const Result<std::string> mode = database->QueryText("PRAGMA journal_mode = DELETE");
  if (!mode) return mode.error();
  if (*mode != "delete") return Error{Errc::kStoreBroken, "its log cannot be written into it"};
  return {};
}

Status UpgradeStore(const std::string& path) {
  Result<Database> database = OpenStoreFile(path);
  if (!database) return database.error();
  return MigrateSchema(*database, {});
}

}  // namespace rtcroom
