#include "storage/postgres/pg_own_commits.h"

#include <algorithm>
#include <numeric>

namespace rtcroom {

PgOwnCommits::Handle PgOwnCommits::Expect(std::int64_t tag, std::int64_t rooms, MonotonicTime now) {
  auto commit = std::make_shared<Commit>(Commit{.tag = tag, .rooms = rooms, .since = now});
  const MutexLock lock(mutex_);
  open_.push_back(commit);
  return commit;
}

void PgOwnCommits::Answer(const Handle& commit) {
  const MutexLock lock(mutex_);
  if (commit->fate == Fate::kOpen) commit->number = ++answered_;
}

void PgOwnCommits::Forget(const Handle& commit) {
  const MutexLock lock(mutex_);
  std::erase(open_, commit);
  changed_.NotifyAll();
}

bool PgOwnCommits::AwaitSince(MonotonicTime time, MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  const auto is_met = [&]() REQUIRES(mutex_) {
    return open_.empty() || open_.front()->since >= time;
  };
  while (!is_met()) {
    if (!changed_.WaitUntil(mutex_, deadline)) return is_met();
  }
  return true;
}

std::optional<MonotonicTime> PgOwnCommits::oldest() const {
  const MutexLock lock(mutex_);
  if (open_.empty()) return std::nullopt;
  return open_.front()->since;
}

std::int64_t PgOwnCommits::rooms() const {
  const MutexLock lock(mutex_);
  return std::accumulate(
      open_.begin(), open_.end(), std::int64_t{0},
      [](std::int64_t sum, const Handle& commit) { return sum + commit->rooms; });
}

bool PgOwnCommits::TakeLost() {
  const MutexLock lock(mutex_);
  return std::exchange(has_lost_, false);
}

std::uint64_t PgOwnCommits::answered() const {
  const MutexLock lock(mutex_);
  return answered_;
}

void PgOwnCommits::Hear(std::span<const std::int64_t> tags) {
  const MutexLock lock(mutex_);
  const auto heard = std::erase_if(open_, [&](const Handle& commit) {
    if (std::ranges::find(tags, commit->tag) == tags.end()) return false;
    commit->fate = Fate::kHeard;
    return true;
  });
  if (heard > 0) changed_.NotifyAll();
}

void PgOwnCommits::EndRead(std::uint64_t answered) {
  const MutexLock lock(mutex_);
  const auto lost = std::erase_if(open_, [&](const Handle& commit) {
    if (commit->number == 0 || commit->number > answered) return false;
    commit->fate = Fate::kLost;
    return true;
  });
  if (lost == 0) return;
  has_lost_ = true;
  changed_.NotifyAll();
}

Status PgOwnCommits::Await(const Handle& commit, MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  while (commit->fate == Fate::kOpen) {
    if (!changed_.WaitUntil(mutex_, deadline) && commit->fate == Fate::kOpen) {
      return Error{Errc::kOutcomeUnknown, "the commit was not confirmed in time"};
    }
  }
  if (commit->fate == Fate::kHeard) return {};
  return Error{Errc::kStoreBusy, "the commit was lost with its server"};
}

}  // namespace rtcroom
