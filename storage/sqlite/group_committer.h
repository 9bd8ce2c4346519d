// The writer thread: group commit for all waiting callers.
#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/store_observer.h"
#include "storage/sqlite/room_index.h"
#include "storage/sqlite/sqlite_writer.h"
#include "storage/sqlite/write_job.h"

namespace rtcroom {

/// Runs jobs in groups: jobs that arrive during a commit form the next group, without further
/// delay. So one wait for the disk serves many callers, and a single caller does not wait for
/// others.
///
/// @threads safe from any thread. Owns one thread, which blocks on the disk, or on its queue
///          until the destructor ends it.
class GroupCommitter {
 public:
  /// The arguments must outlive the committer.
  /// @param observer  may be null.
  GroupCommitter(SqliteWriter& writer, RoomIndex& index, CommitListener& listener,
                 StoreObserver* observer);
  /// Finishes the queued jobs.
  ~GroupCommitter();
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  /// Outcome of the last completed commit.
  [[nodiscard]] Status last_commit() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return last_commit_;
  }

  /// Returns when the job's group is committed or has failed. Every caller has at most one job
  /// here, so the number of jobs is at most that of callers.
  void Run(WriteJob& job) EXCLUDES(mutex_);

 private:
  void RunGroups() EXCLUDES(mutex_);
  /// Waits for jobs. Empty only at shutdown.
  std::vector<WriteJob*> TakeGroup() EXCLUDES(mutex_);
  void Commit(const std::vector<WriteJob*>& group);
  Status RunInTransaction(const std::vector<WriteJob*>& group);
  void Report(const std::vector<WriteJob*>& group, bool succeeded) const;

  SqliteWriter& writer_;
  RoomIndex& index_;
  CommitListener& listener_;
  StoreObserver* const observer_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<WriteJob*> waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  Status last_commit_ GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
