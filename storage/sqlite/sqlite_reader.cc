#include "storage/sqlite/sqlite_reader.h"

#include <utility>

#include "storage/sqlite/commit_count.h"

namespace rtcroom {

Result<std::unique_ptr<SqliteReader>> SqliteReader::Open(const std::string& path,
                                                         const std::string& vfs) {
  Result<Database> database = Database::Open(path, vfs, Database::Access::kReadOnly);
  if (!database) return database.error();
  std::unique_ptr<SqliteReader> reader(new SqliteReader(*std::move(database)));
  if (const Status prepared = reader->Prepare(); !prepared) return prepared.error();
  return reader;
}

Status SqliteReader::Prepare() {
  if (const Status set = database_.Execute("PRAGMA query_only = ON"); !set) return set;
  const Status prepared = statements_.Prepare(database_);
  if (!prepared) return prepared;
  // Last: SQLite 3.46 compiles again what was prepared before it has read the schema.
  return PrepareAll(database_, {{begin_, "BEGIN"}, {end_, "COMMIT"}});
}

void SqliteReader::AdvanceTo(std::uint64_t commits) {
  const bool is_settled = CommitCount::IsSettled(commits);
  if (is_settled && seen_ == commits && database_.InTransaction()) return;
  EndSnapshot();
  // The first read begins the snapshot. If BEGIN fails, each read has a snapshot of its own.
  if (is_settled) (void)Run(begin_);
  seen_ = commits;
}

void SqliteReader::EndSnapshot() {
  // A failed read also leaves no transaction.
  if (!database_.InTransaction()) return;
  // Nothing was written. A transaction that cannot be ended would stay open forever.
  if (!Run(end_)) (void)database_.Execute("ROLLBACK");
}

}  // namespace rtcroom
