// Moves what is committed from the write-ahead log into the database file.
#pragma once

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
  explicit Checkpointer(Database& database);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// Checkpoints when the log has grown long. It waits for no reader; what cannot be moved
  /// now, for a reader or a full disk, is tried again after the next commit.
  void RunWhenDue();

 private:
  static int OnCommit(void* self, sqlite3* handle, const char* schema, int log_pages);

  Database& database_;
  int log_pages_ = 0;
};

}  // namespace rtcroom
