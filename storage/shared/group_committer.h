// The writer thread: group commit for all waiting callers.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/store_observer.h"
#include "storage/shared/write_job.h"

namespace rtcroom {

/// Runs jobs in groups: jobs that arrive during a commit form the next group, without further
/// delay. So one wait for the disk serves many callers, and a single caller does not wait for
/// others.
///
/// @tparam Writer  writes the groups of a store, on the thread of the committer:
///   - `Job`: a `WriteJob`;
///   - `Status Run(const std::vector<Job*>&)`: commits a group, notifies the listener, and sets the
///     outcome of each job; the result is whether the store took the group;
///   - `bool has_confirmed()`: whether the last group that it took has confirmed a change;
///   - `std::uint64_t retained_events()`: see `CommitStats`;
///   - `void Rest(const Status&)`: upkeep after a group, whose callers have their outcomes.
/// @threads safe from any thread. Owns one thread, which blocks on the store, or on its queue until
///          the destructor ends it.
template <typename Writer>
class GroupCommitter {
 public:
  using Job = typename Writer::Job;

  /// The arguments must outlive the committer.
  /// @param observer  may be null.
  GroupCommitter(Writer& writer, StoreObserver* observer)
      : writer_(writer), observer_(observer), thread_([this] { RunGroups(); }) {}
  /// Finishes the queued jobs.
  ~GroupCommitter() {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyOne();
  }
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  /// Outcome of the last completed commit.
  [[nodiscard]] Status last_commit() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return last_commit_;
  }

  /// Returns when the job's group is committed or has failed. Every caller has at most one job
  /// here, so the number of jobs is at most that of callers.
  void Run(Job& job) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      waiting_.push_back(&job);
      // Only the first job can find the writer asleep.
      if (waiting_.size() == 1) changed_.NotifyOne();
    }
    job.Wait();
  }

 private:
  // Bounds how long the first job of a group waits for the last; a job is never divided.
  static constexpr std::size_t kFullGroup = 512;

  void RunGroups() EXCLUDES(mutex_) {
    for (;;) {
      const std::vector<Job*> group = TakeGroup();
      if (group.empty()) return;
      writer_.Rest(Commit(group));
    }
  }

  /// Waits for jobs. Empty only at shutdown.
  std::vector<Job*> TakeGroup() EXCLUDES(mutex_) {
    std::vector<Job*> group;
    std::size_t size = 0;
    const MutexLock lock(mutex_);
    while (waiting_.empty() && !stopping_) changed_.Wait(mutex_);
    while (!waiting_.empty() && size < kFullGroup) {
      group.push_back(waiting_.front());
      size += waiting_.front()->size();
      waiting_.pop_front();
    }
    return group;
  }

  Status Commit(const std::vector<Job*>& group) EXCLUDES(mutex_) {
    if (observer_ != nullptr) observer_->OnCommitBegun();
    Status committed = writer_.Run(group);
    {
      const MutexLock lock(mutex_);
      last_commit_ = committed;
    }
    if (observer_ != nullptr) Report(group, committed.ok());
    for (Job* job : group) job->Finish();
    return committed;
  }

  void Report(const std::vector<Job*>& group, bool succeeded) const {
    CommitStats stats{.succeeded = succeeded, .retained_events = writer_.retained_events()};
    for (const Job* job : group) {
      stats.writes += job->size();
      const std::optional<Error> failure = job->StoreFailure();
      if (failure) observer_->OnStoreError(StoreOperation::kWrite, failure->code);
    }
    if (succeeded && writer_.has_confirmed()) observer_->OnWriteConfirmed();
    observer_->OnCommitEnded(stats);
  }

  Writer& writer_;
  StoreObserver* const observer_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Job*> waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  Status last_commit_ GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
