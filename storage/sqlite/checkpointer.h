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
  /// Bounds on the log while it cannot be moved.
  struct Bounds {
    int most_pages = 65536;  ///< 256 MiB
    /// The free bytes of the file system: below `kLeastFree` a log of more than 32 MiB grows no
    /// further. Empty: not known.
    std::function<std::uint64_t()> free_bytes = {};
  };
  static constexpr std::uint64_t kLeastFree = std::uint64_t{64} << 20;

  /// @param commits  makes readers drop their snapshots meanwhile.
  Checkpointer(Database& database, CommitCount& commits, Bounds bounds);
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

  /// Whether the log may grow: its size is bounded while it cannot be moved, because the disk
  /// accepts the log but not the database, or because another program has been reading in one
  /// transaction since before what is to be moved. At the bound each call tries to checkpoint.
  /// @errors kStoreBroken: why the log cannot be moved.
  Status CheckRoom();

  /// Commits that have changed something.
  [[nodiscard]] std::uint64_t writes() const { return writes_; }

 private:
  static int OnCommit(void* self, sqlite3* handle, const char* schema, int log_pages);
  void Run();
  [[nodiscard]] bool IsAtBound() const;

  Database& database_;
  CommitCount& commits_;
  const Bounds bounds_;
  std::function<void()> before_;
  std::uint64_t writes_ = 0;
  int log_pages_ = 0;  ///< after the last commit; 0 once all are moved
  int due_at_pages_;
  int failures_ = 0;  ///< since the last commit
  Status moved_;      ///< of the last checkpoint
};

}  // namespace rtcroom
