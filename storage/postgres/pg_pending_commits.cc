#include "storage/postgres/pg_pending_commits.h"

#include <algorithm>
#include <numeric>

namespace rtcroom {

PgPendingCommits::Handle PgPendingCommits::Add(std::int64_t tag, std::int64_t rooms,
                                               MonotonicTime now) {
  auto commit = std::make_shared<Commit>(Commit{.tag = tag, .rooms = rooms, .since = now});
  const MutexLock lock(mutex_);
  pending_.push_back(commit);
  return commit;
}

void PgPendingCommits::MarkCommitted(const Handle& commit) {
  const MutexLock lock(mutex_);
  if (commit->state == State::kPending) commit->number = ++committed_;
}

void PgPendingCommits::Remove(const Handle& commit) {
  const MutexLock lock(mutex_);
  std::erase(pending_, commit);
  changed_.NotifyAll();
}

bool PgPendingCommits::AwaitAddedBefore(MonotonicTime time, MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  const auto is_met = [&]() REQUIRES(mutex_) {
    return pending_.empty() || pending_.front()->since >= time;
  };
  while (!is_met()) {
    if (!changed_.WaitUntil(mutex_, deadline)) return is_met();
  }
  return true;
}

std::optional<MonotonicTime> PgPendingCommits::oldest() const {
  const MutexLock lock(mutex_);
  if (pending_.empty()) return std::nullopt;
  return pending_.front()->since;
}

std::int64_t PgPendingCommits::rooms() const {
  const MutexLock lock(mutex_);
  return std::accumulate(
      pending_.begin(), pending_.end(), std::int64_t{0},
      [](std::int64_t sum, const Handle& commit) { return sum + commit->rooms; });
}

bool PgPendingCommits::TakeLost() {
  const MutexLock lock(mutex_);
  return std::exchange(has_lost_, false);
}

std::uint64_t PgPendingCommits::committed() const {
  const MutexLock lock(mutex_);
  return committed_;
}

void PgPendingCommits::Confirm(std::span<const std::int64_t> tags) {
  const MutexLock lock(mutex_);
  const auto confirmed = std::erase_if(pending_, [&](const Handle& commit) {
    if (std::ranges::find(tags, commit->tag) == tags.end()) return false;
    commit->state = State::kConfirmed;
    return true;
  });
  if (confirmed > 0) changed_.NotifyAll();
}

void PgPendingCommits::EndRead(std::uint64_t committed) {
  const MutexLock lock(mutex_);
  const auto lost = std::erase_if(pending_, [&](const Handle& commit) {
    if (commit->number == 0 || commit->number > committed) return false;
    commit->state = State::kLost;
    return true;
  });
  if (lost == 0) return;
  has_lost_ = true;
  changed_.NotifyAll();
}

Status PgPendingCommits::Await(const Handle& commit, MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  while (commit->state == State::kPending) {
    if (!changed_.WaitUntil(mutex_, deadline) && commit->state == State::kPending) {
      return Error{Errc::kOutcomeUnknown, "the commit was not confirmed in time"};
    }
  }
  if (commit->state == State::kConfirmed) return {};
  return Error{Errc::kStoreBusy, "the commit was lost with its server"};
}

}  // namespace rtcroom
