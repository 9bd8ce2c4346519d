#include "daemon/core/log_reader.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "daemon/base/exception_type.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

// After a failure; doubled with each further one.
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{500};

}  // namespace

void LogReader::Start(std::optional<Cursor> after) {
  at_ = std::move(after);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void LogReader::Stop() {
  thread_.request_stop();
  deps_.signal.Raise();
  if (thread_.joinable()) thread_.join();
}

milliseconds LogReader::Lag() const {
  const MonotonicTime since = behind_since_.load();
  if (since == kUpToDate) return milliseconds(0);
  return std::chrono::duration_cast<milliseconds>(deps_.clock.Monotonic() - since);
}

void LogReader::Run(const std::stop_token& stop) {
  MonotonicTime next_read = RealTime();
  MonotonicTime next_tick = next_read + deps_.tick;
  milliseconds pause = kFirstPause;
  Status read;
  Status ticked;
  while (true) {
    // Polls take place at ticks.
    const bool is_idle = read && !has_more_;
    const bool is_signalled =
        deps_.signal.Wait(is_idle ? next_tick : std::min(next_read, next_tick));
    if (stop.stop_requested()) return;
    if ((is_signalled && read) || RealTime() >= next_read) {
      read = Guarded(&LogReader::Read);
      next_read = RealTime();
      if (!read) next_read += std::exchange(pause, std::min(2 * pause, kLongestPause));
      if (read) pause = kFirstPause;
      if (read && !has_more_) next_read += deps_.poll;
    }
    if (RealTime() >= next_tick) {
      ticked = Guarded(&LogReader::Tick);
      next_tick = RealTime() + (ticked ? deps_.tick : kLongestPause);
    }
    Record(read, ticked);
  }
}

Status LogReader::Guarded(Status (LogReader::*step)()) {
  try {
    return (this->*step)();
  } catch (const std::exception&) {
    // Most likely out of memory. Events that were read may not have had their effect.
    has_lost_ = true;
    return Error{Errc::kInternal, std::string(CurrentExceptionType())};
  }
}

Status LogReader::Read() {
  if (!at_) {
    Result<Cursor> newest = deps_.log.Newest();
    if (!newest) return newest.error();
    at_ = *std::move(newest);
    has_lost_ = true;
  }
  if (has_lost_) owner_.OnLost(at_->position);
  has_lost_ = false;
  if (const Status ready = owner_.BeforeRead(); !ready) return ready;
  const Result<EventPage> page = deps_.log.ReadEvents(*at_, kEventsPerRead);
  // Too far behind, it restarts at the end.
  if (!page && page.error().code == Errc::kCursorExpired) at_.reset();
  if (!page) return page.error();
  // An exception must not bring the same events forever.
  const Cursor before = *at_;
  *at_ = page->next;
  const Result<bool> has_more = owner_.OnEvents(*page);
  has_more_ = has_more && *has_more;
  if (has_more) return {};
  at_ = before;
  return has_more.error();
}

Status LogReader::Tick() {
  owner_.OnTick();
  return {};
}

void LogReader::Record(const Status& read, const Status& ticked) {
  if (read && !has_more_) {
    behind_since_ = kUpToDate;
  } else if (behind_since_.load() == kUpToDate) {
    behind_since_ = deps_.clock.Monotonic();
  }
  const Status& outcome = read ? ticked : read;
  const bool was_failing = std::exchange(is_failing_, !outcome);
  if (was_failing == is_failing_) return;  // already logged
  if (outcome) return deps_.logger.Info(deps_.recovered_event);
  deps_.logger.Warn(deps_.failed_event, {{"error", ErrcName(outcome.error().code)},
                                         {"detail", outcome.error().detail}});
}

}  // namespace rtcroom
