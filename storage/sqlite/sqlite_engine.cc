#include "storage/sqlite/sqlite_engine.h"

#include <utility>

#include "storage/shared/group_committer.h"
#include "storage/sqlite/sqlite_writer.h"

namespace rtcroom {

Status SqliteEngine::Write(const std::function<Status(WriterStatements&)>& write) {
  return Call([&write](SqliteWriter& writer) { return writer.WriteRows(write); });
}

Result<std::size_t> SqliteEngine::Remove(
    TimePoint as_of, const std::function<Result<std::size_t>(WriterStatements&)>& remove) {
  std::size_t removed = 0;
  const Status done = Call([&](SqliteWriter& writer) {
    const Status written = writer.WriteRows([&](WriterStatements& sql) -> Status {
      const Result<std::size_t> count = remove(sql);
      if (!count) return count.error();
      removed = *count;
      return {};
    });
    if (written && removed > 0) writer.MarkRemoval(as_of);
    return written;
  });
  if (!done) return done.error();
  return removed;
}

Status SqliteEngine::RemoveEnded(TimePoint now, const WriterSql& remove) {
  const auto removed =
      Remove(now, [&](WriterStatements& sql) { return RunCounting(sql[remove], now); });
  return removed ? Status() : removed.error();
}

Status SqliteEngine::Call(std::function<Status(SqliteWriter&)> call) {
  CallJob job(std::move(call));
  committer_.Run(job);
  return job.status();
}

}  // namespace rtcroom
