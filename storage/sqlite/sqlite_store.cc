#include "storage/sqlite/sqlite_store.h"

#include <cassert>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "storage/shared/group_committer.h"
#include "storage/shared/room_index.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/page_copy.h"
#include "storage/sqlite/reader_pool.h"
#include "storage/sqlite/schema_version.h"
#include "storage/sqlite/sqlite_engine.h"
#include "storage/sqlite/sqlite_writer.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/store_files.h"

namespace rtcroom {
namespace {

// The scalar max() of values of which one is NULL is NULL.
const ReaderSql kLoadRemovalTime(
    "SELECT removal_ms, iif(removal_ms IS NULL, (SELECT max(newest) FROM ("
    " SELECT (SELECT at_ms FROM events ORDER BY position DESC LIMIT 1) AS newest"
    " UNION ALL SELECT (SELECT sent_at_ms FROM messages ORDER BY position DESC LIMIT 1)"
    " UNION ALL SELECT max(last_use_ms) FROM sessions"
    " UNION ALL SELECT max(ended_at_ms) FROM recordings)), NULL)"
    " FROM meta WHERE only_row = 1");

Error About(const std::string& path, const Error& error) {
  return {error.code, fmt::format("cannot use the store {}: {}", path, error.detail)};
}

/// Sets journal mode and durability of commits.
Status ConfigureCommits(Database& database, Durability durability) {
  const Result<std::string> mode = database.QueryText("PRAGMA journal_mode = WAL");
  if (!mode) return mode.error();
  if (*mode != "wal") return Error{Errc::kStoreBroken, "its file system has no shared memory"};
  return database.Execute(
      fmt::format("PRAGMA synchronous = {};"
                  // After a burst the log file is truncated to this size.
                  "PRAGMA journal_size_limit = 67108864;",
                  durability == Durability::kFull ? "FULL" : "OFF"));
}

/// Memory settings for the many small changes of a server.
Status ConfigureMemory(Database& database) {
  return database.Execute(
      // The undo log of a savepoint never touches the disk.
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -65536;");
}

/// The writing connection, with the newest schema.
Result<Database> OpenForWriting(const SqliteOptions& options) {
  Result<Database> database =
      Database::Open(options.path, options.vfs, Database::Access::kReadWriteCreate);
  if (!database) return database;
  // SQLite silently opens a read-only file.
  if (sqlite3_db_readonly(database->handle(), "main") != 0) {
    return Error{Errc::kStoreBroken, "it may not be written to"};
  }
  if (const Status sound = CheckStoreFile(*database); !sound) return sound.error();
  if (const Status set = ConfigureCommits(*database, options.durability); !set) return set.error();
  // The migration comes before the memory settings: its sorts, where it is large, use temporary
  // files.
  if (const Status made = MigrateSchema(*database, options.new_epoch); !made) return made.error();
  if (const Status set = ConfigureMemory(*database); !set) return set.error();
  // Foreign keys are on only now: a migration may have to rebuild a table that others reference.
  if (const Status set = database->Execute("PRAGMA foreign_keys = ON"); !set) return set.error();
  return database;
}

/// Stores of another VFS need not be files.
Result<std::optional<StoreFiles>> FilesOf(const SqliteOptions& options, Database& database) {
  if (!options.vfs.empty()) return std::optional<StoreFiles>();
  Result<StoreFiles> files = StoreFiles::Of(options.path, database);
  if (!files) return files.error();
  return std::optional<StoreFiles>(*std::move(files));
}

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<RoomIndex> index, std::unique_ptr<SqliteWriter> writer,
                         std::unique_ptr<ReaderPool> readers,
                         std::unique_ptr<GroupCommitter<SqliteWriter>> committer,
                         const SqliteOptions& options, std::int64_t last_session)
    : index_(std::move(index)),
      writer_(std::move(writer)),
      readers_(std::move(readers)),
      committer_(std::move(committer)),
      engine_(std::make_unique<SqliteEngine>(*readers_, *committer_, options.observer)),
      sessions_(*engine_, last_session),
      recordings_(*engine_, options.limits.max_recordings) {}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const SqliteOptions& options,
                                                       CommitListener& listener) {
  assert(options.readers > 0);
  Result<Database> database = OpenForWriting(options);
  if (!database) return About(options.path, database.error());
  const Result<std::optional<StoreFiles>> files = FilesOf(options, *database);
  if (!files) return About(options.path, files.error());
  const Result<std::int64_t> last_session = SqliteSessions::LastNumber(*database);
  if (!last_session) return About(options.path, last_session.error());
  auto index = std::make_unique<RoomIndex>();
  auto writer = SqliteWriter::Open(*std::move(database), *files, options.limits, *index, listener);
  if (!writer) return About(options.path, writer.error());
  auto readers = ReaderPool::Open(options.path, options.vfs, options.readers, (*writer)->commits());
  if (!readers) return About(options.path, readers.error());
  if (const Status same = (*writer)->CheckFiles(); !same) return About(options.path, same.error());
  (*writer)->set_before_checkpoint([&pool = **readers] { pool.ReleaseSnapshots(); });
  auto committer = std::make_unique<GroupCommitter<SqliteWriter>>(**writer, options.observer);
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(index), *std::move(writer),
                                                      *std::move(readers), std::move(committer),
                                                      options, *last_session));
}

Status SqliteStore::CheckFiles() const { return writer_->CheckFiles(); }

Status SqliteStore::CopyTo(const StoreCopyOptions& options, const std::stop_token& stop) {
  Result<Database> to = OpenCopy(options);
  if (!to) return to.error();
  const Status copied = CopyPages(*to, stop);
  return copied ? FinishCopy(*to, options.new_epoch, stop) : copied;
}

Result<std::uint64_t> SqliteStore::SizeOfCopy() {
  Result<std::uint64_t> size = std::uint64_t{0};
  MaintenanceJob job([&size](SqliteWriter& writer) { size = writer.database().SizeInBytes(); });
  committer_->Run(job);
  return size;
}

Status SqliteStore::CopyPages(Database& to, const std::stop_token& stop) {
  std::optional<PageCopy> copy;  // of the writer thread
  Result<bool> is_complete = false;
  const auto step = [&](SqliteWriter& writer) {
    if (!copy) copy.emplace(writer.database(), to);
    is_complete = copy->Step();
  };
  while (is_complete && !*is_complete && !stop.stop_requested()) {
    MaintenanceJob job(step);
    committer_->Run(job);
  }
  MaintenanceJob end([&copy](SqliteWriter&) { copy.reset(); });
  committer_->Run(end);
  return is_complete ? Status() : is_complete.error();
}

Status SqliteStore::Ping() {
  // This write may fit on a disk where those of a busy server do not.
  const Status before = committer_->last_commit();
  const Status pinged = engine_->Call([](SqliteWriter& writer) { return writer.Ping(); });
  return pinged ? before : pinged;
}

Result<StoredRemovalTime> SqliteStore::LoadRemovalTime() {
  return engine_->Read([](ReaderStatements& sql) -> Result<StoredRemovalTime> {
    StatementRun run(sql[kLoadRemovalTime]);
    StoredRemovalTime stored;
    if (run.Next()) {
      if (!run.IsNull(0)) stored.mark = run.Time(0);
      if (!run.IsNull(1)) stored.newest = run.Time(1);
    }
    if (!run.status()) return run.status().error();
    return stored;
  });
}

Status SqliteStore::BeginRemovals(TimePoint time) {
  return engine_->Call([time](SqliteWriter& writer) {
    writer.BeginRemovals(time);
    return Status();
  });
}

}  // namespace rtcroom
