#include "storage/sqlite/group_committer.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace rtcroom {
namespace {

// Bounds how long the first job of a group waits for the last; a job is never divided.
constexpr std::size_t kFullGroup = 512;

}  // namespace

GroupCommitter::GroupCommitter(SqliteWriter& writer, RoomIndex& index, CommitListener& listener,
                               StoreObserver* observer)
    : writer_(writer), index_(index), listener_(listener), observer_(observer), thread_([this] {
        RunGroups();
      }) {}

GroupCommitter::~GroupCommitter() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyOne();
}

void GroupCommitter::Run(WriteJob& job) {
  {
    const MutexLock lock(mutex_);
    waiting_.push_back(&job);
    // Only the first job can find the writer asleep.
    if (waiting_.size() == 1) changed_.NotifyOne();
  }
  job.Wait();
}

void GroupCommitter::RunGroups() {
  for (;;) {
    const std::vector<WriteJob*> group = TakeGroup();
    if (group.empty()) return;
    Commit(group);
    writer_.Checkpoint();
  }
}

std::vector<WriteJob*> GroupCommitter::TakeGroup() {
  std::vector<WriteJob*> group;
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

void GroupCommitter::Commit(const std::vector<WriteJob*>& group) {
  if (observer_ != nullptr) observer_->OnCommitBegun();
  const Status committed = RunInTransaction(group);
  if (committed) {
    index_.Apply(writer_.index_changes());
    listener_.OnCommit(writer_.committed());
  } else {
    writer_.Rollback();
    for (WriteJob* job : group) job->Abort(committed.error());
  }
  {
    const MutexLock lock(mutex_);
    last_commit_ = committed;
  }
  if (observer_ != nullptr) Report(group, committed.ok());
  for (WriteJob* job : group) job->Finish();
  if (!committed && committed.error().code == Errc::kStoreBroken) writer_.MakeRoom();
}

void GroupCommitter::Report(const std::vector<WriteJob*>& group, bool succeeded) const {
  CommitStats stats{.succeeded = succeeded, .retained_events = writer_.retained_events()};
  for (const WriteJob* job : group) {
    stats.writes += job->size();
    const std::optional<Error> failure = job->StoreFailure();
    if (failure) observer_->OnStoreError(StoreOperation::kWrite, failure->code);
  }
  observer_->OnCommitEnded(stats);
}

Status GroupCommitter::RunInTransaction(const std::vector<WriteJob*>& group) {
  if (const Status begun = writer_.Begin(); !begun) return begun;
  for (WriteJob* job : group) {
    job->Run(writer_);
    if (!writer_.InTransaction()) {
      const std::optional<Error> cause = job->StoreFailure();
      return Error{Errc::kStoreBroken, "a failed write took its whole group with it: " +
                                           (cause ? cause->detail : "no reason given")};
    }
  }
  return writer_.Commit();
}

}  // namespace rtcroom
