// Moves what is committed from the write-ahead log into the database file.
#pragma once

#include <functional>
#include <utility>

#include "storage/sqlite/commit_count.h"
#include "storage/sqlite/database.h"

struct sqlite3;

namespace rtcroom {

/// Replaces SQLite's automatic checkpoint, which runs inside COMMIT and lets those callers
/// wait whose commit it happens to be. Only the writing connection may have one: SQLite 3.40.1
/// can corrupt the log when two connections checkpoint.
///
/// @threads for one thread at a time, with its connection.
/// @source https://www.sqlite.org/wal.html#walresetbug
class Checkpointer {
 public:
  static constexpr int kMostLogPages = 65536;  ///< 256 MiB

  /// @param commits     tells readers to keep no snapshot meanwhile.
  /// @param most_pages  bounds the log while it cannot be moved.
  Checkpointer(Database& database, CommitCount& commits, int most_pages = kMostLogPages);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// Is called before each checkpoint, to let go of the snapshots that nobody reads. Does not
  /// throw.
  void set_before_checkpoint(std::function<void()> before) { before_ = std::move(before); }

  /// Checkpoints when the log has grown long. It waits for no reader; what cannot be moved for
  /// one is tried again after the next commit. After a failure it is tried again when the log has
  /// grown some more: each try can cost as much as the whole log.
  void RunWhenDue();

  /// To be called after a failed commit: a log that fills the disk before it is long has room for
  /// what comes once it is moved. While that fails, too, it is tried at every 16th call.
  void RunAfterFailure();

  /// Whether the log may grow: it has a bound while it cannot be moved, since a disk that takes
  /// the log and not the database would fill otherwise. At the bound each call tries to checkpoint.
  /// @errors kStoreBroken: what the last checkpoint failed with.
  Status CheckRoom();

 private:
  static int OnCommit(void* self, sqlite3* handle, const char* schema, int log_pages);
  void Run();

  Database& database_;
  CommitCount& commits_;
  const int most_pages_;
  std::function<void()> before_;
  int log_pages_ = 0;  ///< after the last commit; 0 when it was moved since
  int due_at_pages_;
  int failures_ = 0;  ///< since the last commit
  Status moved_;      ///< of the last checkpoint
};

}  // namespace rtcroom
