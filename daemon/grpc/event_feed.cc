#include "daemon/grpc/event_feed.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/grpc/watch_messages.h"

namespace rtcroom {
namespace {

constexpr std::size_t kEventsPerRead = 512;

std::shared_ptr<const FeedEvent> MakeFeedEvent(const StoredEvent& stored, const Cursor& cursor) {
  return std::make_shared<const FeedEvent>(
      FeedEvent{.position = stored.position,
                .facts = EventFacts(stored.event),
                .message = EventBytes(stored.event, cursor.epoch, cursor.Encode())});
}

}  // namespace

EventFeed::EventFeed(Deps deps)
    : deps_(std::move(deps)),
      back_off_(deps_.options.first_back_off),
      behind_since_(deps_.clock.Monotonic()),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

EventFeed::~EventFeed() { Stop(); }

void EventFeed::Stop() {
  thread_.request_stop();
  deps_.signal.Raise();
  if (thread_.joinable()) thread_.join();
}

std::chrono::milliseconds EventFeed::Lag() const {
  const MonotonicTime since = behind_since_.load();
  if (since == kUpToDate) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(deps_.clock.Monotonic() - since);
}

void EventFeed::Run(const std::stop_token& stop) {
  MonotonicTime next_read = RealTime();
  MonotonicTime next_tick = next_read + deps_.options.tick;
  while (!stop.stop_requested()) {
    const bool is_signalled = deps_.signal.Wait(std::min(next_read, next_tick));
    if (stop.stop_requested()) return;
    if ((is_signalled && !is_failing_) || RealTime() >= next_read) {
      const Outcome outcome = ReadNewOrFail();
      RecordOutcome(outcome);
      next_read = RealTime();
      if (outcome == Outcome::kReadAll) next_read += deps_.options.safety_poll;
      if (outcome == Outcome::kFailed) {
        next_read += back_off_;
        back_off_ = std::min(2 * back_off_, deps_.options.longest_back_off);
      }
    }
    if (RealTime() >= next_tick) {
      deps_.ticked(deps_.clock.Monotonic());
      next_tick = RealTime() + deps_.options.tick;
    }
  }
}

EventFeed::Outcome EventFeed::ReadNewOrFail() {
  try {
    return ReadNew();
  } catch (const std::exception& exception) {
    // Most likely out of memory. The ring's position is unknown: it restarts.
    at_.reset();
    RecordFailure({Errc::kInternal, exception.what()});
    return Outcome::kFailed;
  }
}

EventFeed::Outcome EventFeed::ReadNew() {
  if (!at_) {
    if (const Status found = FindStart(); !found) {
      RecordFailure(found.error());
      return Outcome::kFailed;
    }
  }
  const Result<EventPage> page = deps_.log.ReadEvents(*at_, kEventsPerRead);
  if (!page) {
    // Too far behind, it restarts at the end. Live subscribers have then missed events, and are
    // notified.
    if (page.error().code == Errc::kCursorExpired) at_.reset();
    RecordFailure(page.error());
    return Outcome::kFailed;
  }
  at_ = page->next;
  if (page->events.empty()) return Outcome::kReadAll;

  std::vector<std::shared_ptr<const FeedEvent>> events;
  events.reserve(page->events.size());
  Cursor cursor = page->next;
  for (const StoredEvent& stored : page->events) {
    cursor.position = stored.position;
    events.push_back(MakeFeedEvent(stored, cursor));
  }
  deps_.ring.Append(std::move(events));
  deps_.added();
  return page->events.size() < kEventsPerRead ? Outcome::kReadAll : Outcome::kMoreToRead;
}

Status EventFeed::FindStart() {
  Result<Cursor> newest = deps_.log.Newest();
  if (!newest) return newest.error();
  deps_.ring.Restart(newest->position);
  at_ = *std::move(newest);
  deps_.added();  // some wait for the ring to start, others must notice the restart
  return {};
}

void EventFeed::RecordOutcome(Outcome outcome) {
  if (outcome == Outcome::kReadAll) {
    behind_since_ = kUpToDate;
  } else if (behind_since_.load() == kUpToDate) {
    behind_since_ = deps_.clock.Monotonic();
  }
  if (outcome == Outcome::kFailed) return;
  if (std::exchange(is_failing_, false)) deps_.logger.Info("watch_feed_recovered");
  back_off_ = deps_.options.first_back_off;
}

void EventFeed::RecordFailure(const Error& error) {
  deps_.counts.read_failures.fetch_add(1, std::memory_order_relaxed);
  if (std::exchange(is_failing_, true)) return;  // already logged
  deps_.logger.Warn("watch_feed_failed",
                    {{"error", ErrcName(error.code)}, {"detail", error.detail}});
}

}  // namespace rtcroom
