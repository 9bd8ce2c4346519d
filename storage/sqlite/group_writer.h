// Writes groups of jobs, each in one transaction.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/core/commit_listener.h"
#include "storage/shared/room_index.h"
#include "storage/sqlite/sqlite_writer.h"
#include "storage/sqlite/write_job.h"

namespace rtcroom {

/// The writer of a `GroupCommitter`.
///
/// @threads one thread: that of the committer.
class SqliteGroupWriter {
 public:
  using Job = SqliteJob;

  /// The arguments must outlive this.
  SqliteGroupWriter(SqliteWriter& writer, RoomIndex& index, CommitListener& listener)
      : writer_(writer), index_(index), listener_(listener) {}

  Status Run(const std::vector<Job*>& group);
  [[nodiscard]] std::uint64_t retained_events() const { return writer_.retained_events(); }
  [[nodiscard]] bool has_confirmed() const { return writer_.has_written(); }
  void Rest(const Status& committed);

 private:
  Status RunInTransaction(const std::vector<Job*>& group);

  SqliteWriter& writer_;
  RoomIndex& index_;
  CommitListener& listener_;
};

}  // namespace rtcroom
