#include "storage/postgres/pg_follower.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "storage/postgres/pg_events.h"

namespace rtcroom {
namespace {

constexpr std::chrono::milliseconds kBusyPoll{10};
constexpr std::chrono::milliseconds kIdlePoll{20};
/// After a read that failed.
constexpr std::chrono::seconds kRetry{1};
/// Of one read.
constexpr std::chrono::seconds kReadTime{4};
constexpr std::size_t kPage = 1000;

std::span<const PgStatement> Statements() {
  static const std::vector<PgStatement> all =
      JoinStatements({pg::LogFollows(), PgHistory::Statements()});
  return all;
}

}  // namespace

PgFollower::PgFollower(const PgAddress& address, const PgPace& pace, PgLog& log, PgHistory& history,
                       const Clock& clock)
    : log_(log),
      history_(history),
      clock_(clock),
      connection_(address, {.statements = Statements()}, clock),
      reconnector_(connection_, pace, clock) {}

PgFollower::~PgFollower() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

Status PgFollower::CatchUp(MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  // The read under way may have begun before that which the caller knows of.
  const std::uint64_t needed = begun_ + 1;
  wanted_ = needed;
  changed_.NotifyAll();
  while (done_ < needed) {
    if (stopping_ || (!changed_.WaitUntil(mutex_, deadline) && done_ < needed)) {
      return Error{Errc::kStoreBusy, "the log could not be read in time"};
    }
  }
  return {};
}

void PgFollower::Follow() {
  while (true) {
    std::uint64_t round = 0;
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
      round = ++begun_;
    }
    const std::uint64_t before = log_.position();
    const bool has_worked = ReadToEnd();
    const bool has_heard = log_.position() != before;
    {
      const MutexLock lock(mutex_);
      if (has_worked) done_ = round;
      changed_.NotifyAll();
    }
    const auto pause = has_heard ? kBusyPoll : kIdlePoll;
    WaitUntil(clock_.Monotonic() + (has_worked ? pause : std::chrono::milliseconds(kRetry)));
  }
}

bool PgFollower::ReadToEnd() {
  while (true) {
    const MonotonicTime deadline = clock_.Monotonic() + kReadTime;
    if (!reconnector_.connected()) is_checked_ = false;
    if (!reconnector_.Await(deadline)) return false;
    if (!is_checked_ && !history_.Check(connection_, log_.place(), deadline)) return false;
    is_checked_ = true;
    Result<PgRows> rows = connection_.Run(pg::ReadLog(log_.position(), kPage), deadline);
    if (!rows) return false;
    const Result<PgLogPage> page = pg::ReadLogPage(*rows);
    if (!page) return false;
    if (!log_.Hear(*page)) {
      history_.MarkLost();
      return false;
    }
    if (page->rows < kPage) return true;
  }
}

void PgFollower::WaitUntil(MonotonicTime time) {
  const MutexLock lock(mutex_);
  while (!stopping_ && wanted_ <= begun_) {
    if (!changed_.WaitUntil(mutex_, time)) return;
  }
}

}  // namespace rtcroom
