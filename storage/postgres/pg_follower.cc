#include "storage/postgres/pg_follower.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "storage/postgres/pg_confirm.h"
#include "storage/postgres/pg_events.h"

namespace rtcroom {
namespace {

constexpr std::chrono::milliseconds kBusyPoll{10};
constexpr std::chrono::milliseconds kIdlePoll{20};
/// The pause after a read that failed on a connection that is still there, or found none.
constexpr std::chrono::seconds kRetry{1};
/// The time limit of one read.
constexpr std::chrono::seconds kReadTime{4};
constexpr std::size_t kPage = 1000;

std::span<const PgStatement> Statements() {
  static const std::vector<PgStatement> all =
      JoinStatements({pg::LogFollows(), pg::Confirms(), PgHistory::Statements()});
  return all;
}

}  // namespace

PgFollower::PgFollower(const PgAddress& address, std::uint64_t node, const PgPace& pace, PgLog& log,
                       PgHistory& history, const Clock& clock)
    : mark_(node * kPgMarksPerNode),
      log_(log),
      history_(history),
      clock_(clock),
      observer_(pace.observer),
      connection_(address, {.statements = Statements()}, clock),
      reconnector_(connection_, pace, clock),
      heard_until_(clock.Monotonic()) {}

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

void PgFollower::Wake() {
  const MutexLock lock(mutex_);
  wanted_ = begun_ + 1;
  changed_.NotifyAll();
}

std::chrono::milliseconds PgFollower::LogAge() const {
  const MutexLock lock(mutex_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Monotonic() - heard_until_);
}

void PgFollower::Follow() {
  while (true) {
    const MonotonicTime began = clock_.Monotonic();
    std::uint64_t round = 0;
    bool is_wanted = false;
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
      round = ++begun_;
      is_wanted = wanted_ > done_;
    }
    const std::uint64_t before = log_.position();
    has_news_ = false;
    has_connected_ = false;
    const bool has_worked = ReadToEnd(is_wanted);
    const bool has_heard = log_.position() != before;
    MonotonicTime::duration lag{0};
    {
      const MutexLock lock(mutex_);
      if (has_worked) {
        if (is_wanted) done_ = round;
        lag = clock_.Monotonic() - std::exchange(heard_until_, began);
      }
      changed_.NotifyAll();
    }
    // The records that the read before did not find were committed after it began.
    if (has_worked && has_news_ && observer_ != nullptr) {
      observer_->OnHeard(std::chrono::duration_cast<std::chrono::microseconds>(lag));
    }
    // The reconnector keeps the pace of a connection that was lost.
    if (has_connected_ && !reconnector_.connected()) continue;
    const auto pause = has_heard ? kBusyPoll : kIdlePoll;
    WaitUntil(clock_.Monotonic() + (has_worked ? pause : std::chrono::milliseconds(kRetry)));
  }
}

bool PgFollower::ReadToEnd(bool is_wanted) {
  while (true) {
    const MonotonicTime deadline = clock_.Monotonic() + kReadTime;
    if (!reconnector_.connected()) is_checked_ = false;
    if (!reconnector_.Await(deadline)) return false;
    has_connected_ = true;
    if (!is_checked_ && !history_.Check(connection_, log_.place(), deadline)) return false;
    is_checked_ = true;
    const std::uint64_t committed = log_.pending().committed();
    const Result<PgLogPage> page = ReadPage(is_wanted, deadline);
    if (!page) return false;
    has_news_ = has_news_ || page->through > log_.position();
    if (!log_.Apply(*page)) {
      history_.MarkLost();
      return false;
    }
    if (page->rows < kPage) {
      log_.pending().EndRead(committed);
      return true;
    }
  }
}

Result<PgLogPage> PgFollower::ReadPage(bool is_wanted, MonotonicTime deadline) {
  std::vector<PgCall> calls = {pg::ReadLog(log_.position(), kPage)};
  const std::vector<PgCall> confirmation = pg::Confirm(mark_);
  // An idle node causes no commits. An old primary that lives on cannot commit, and its end of the
  // log is not that of all that was acknowledged.
  if (is_wanted) calls.insert(calls.end(), confirmation.begin(), confirmation.end());
  Result<std::vector<PgRows>> results =
      is_wanted ? connection_.RunConfirming(calls, deadline) : connection_.Run(calls, deadline);
  if (!results) return results.error();
  Result<PgLogPage> page = pg::ReadLogPage(results->front());
  if (!page || is_wanted || !log_.HasNews(*page)) return page;
  const Result<std::vector<PgRows>> confirmed = connection_.RunConfirming(confirmation, deadline);
  if (!confirmed) return confirmed.error();
  return page;
}

void PgFollower::WaitUntil(MonotonicTime time) {
  const MutexLock lock(mutex_);
  while (!stopping_ && wanted_ <= begun_) {
    if (!changed_.WaitUntil(mutex_, time)) return;
  }
}

}  // namespace rtcroom
