// Checkpoints: moves commits from the write-ahead log into the database file.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "storage/sqlite/commit_count.h"
#include "storage/sqlite/database.h"

struct sqlite3;

namespace rtcroom {

/// Replaces SQLite's automatic checkpoint, which runs inside COMMIT and delays the callers of that
/// commit. Only the writing connection may have one: SQLite 3.40.1 can corrupt the log when two
/// connections checkpoint.
///
/// @threads one thread at a time, with its connection.
/// @source https://www.sqlite.org/wal.html#walresetbug
class Checkpointer {
 public:
  static constexpr int kMostLogPages = 65536;  ///< 256 MiB

  /// @param commits     makes readers drop their snapshots meanwhile.
  /// @param most_pages  bounds the log while it cannot be moved.
  Checkpointer(Database& database, CommitCount& commits, int most_pages = kMostLogPages);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// Called before each checkpoint, to release snapshots of idle readers. Does not throw.
  void set_before_checkpoint(std::function<void()> before) { before_ = std::move(before); }

  /// Checkpoints when the log has grown long. Does not wait for readers; pages that a reader blocks
  /// are retried after the next commit. After a failure it retries when the log has grown some
  /// more: each attempt can cost as much as the whole log.
  void RunWhenDue();

  /// Call it after a failed commit: a log that fills the disk before it is long becomes reusable
  /// once it is moved. While that fails, too, every 16th call retries.
  void RunAfterFailure();

  /// Whether the log may grow: its size is bounded while it cannot be moved, since a disk that
  /// accepts the log but not the database would fill otherwise. At the bound each call tries to
  /// checkpoint.
  /// @errors kStoreBroken: the error of the last checkpoint.
  Status CheckRoom();

  /// Commits that have changed something.
  [[nodiscard]] std::uint64_t writes() const { return writes_; }

 private:
  static int OnCommit(void* self, sqlite3* handle, const char* schema, int log_pages);
  void Run();

  Database& database_;
  CommitCount& commits_;
  const int most_pages_;
  std::function<void()> before_;
  std::uint64_t writes_ = 0;
  int log_pages_ = 0;  ///< after the last commit; 0 once moved
  int due_at_pages_;
  int failures_ = 0;  ///< since the last commit
  Status moved_;      ///< of the last checkpoint
};

}  // namespace rtcroom
