#include "daemon/events/subscriber.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/events/watch_messages.h"

namespace rtcroom {

Subscriber::Subscriber(WatchOrder order, const WatchSurroundings& around)
    : order_(std::move(order)),
      around_(around),
      due_(MonotonicTime::max()),
      catch_up_(std::make_unique<CatchUp>(order_, around.options.page)),
      stands_(order_.after) {}

void Subscriber::HearOfTime(MonotonicTime now) {
  if (now >= due_.load(std::memory_order_relaxed)) Tell(kTime);
}

void Subscriber::TakePage(CatchUpOutcome outcome) {
  arrived_ = std::move(outcome);
  Tell(kPage);
}

void Subscriber::Tell(std::uint32_t news) {
  if ((news_.fetch_or(news | kBusy, std::memory_order_acq_rel) & kBusy) != 0) return;
  while (true) {
    const std::uint32_t told = news_.exchange(kBusy, std::memory_order_acq_rel) & ~kBusy;
    if (told != 0) {
      DealWith(told);
      continue;
    }
    std::uint32_t nothing_new = kBusy;
    if (news_.compare_exchange_strong(nothing_new, 0, std::memory_order_acq_rel)) return;
  }
}

void Subscriber::DealWith(std::uint32_t news) {
  if ((news & kWritten) != 0) {
    is_writing_ = false;
    message_.Clear();
  }
  // Only time news need the clock: for all others nothing is due.
  const MonotonicTime now = (news & kTime) != 0 ? around_.clock.Monotonic() : MonotonicTime::min();
  if (ended_) {
    if ((news & kPage) != 0) arrived_.reset();
    if (now >= due_.load() && !std::exchange(is_broken_off_, true)) BreakOff();
    return;
  }
  const bool is_over = (news & (kBroken | kStopped)) != 0;
  if (is_over && (news & kPage) != 0) arrived_.reset();  // other streams wait for its slot
  if ((news & kBroken) != 0) return End(grpc::Status::CANCELLED, {});
  if ((news & kStopped) != 0) return EndStopped();

  if ((news & kBegun) != 0) ReadPage();
  if ((news & kPage) != 0) TakeArrivedPage();
  if ((news & (kEvents | kTime)) != 0) has_read_all_ = false;
  if (ended_ || !is_open_) return;

  if (is_writing_) {
    const bool is_left_behind = live_ && around_.ring.LossOf(*live_) == EventRing::Loss::kTooSlow;
    // Few streams hold a page at a time: a slow reader must not keep it.
    const bool keeps_page = page_ && now >= page_since_ + 2 * around_.options.patience;
    const bool is_stuck = now >= wrote_at_ + around_.options.patience;
    if (is_left_behind || keeps_page || is_stuck) EndSlow();
    return;
  }
  GoOn();
  if (ended_ || is_writing_) return;
  if (now >= wrote_at_ + order_.keep_alive) return Send(KeepAliveBytes(StandsText()));
  // A stream that has read everything checks again soon: the ring may not have started yet.
  due_ = has_read_all_ ? wrote_at_ : wrote_at_ + order_.keep_alive;
}

// Sends the next message if there is one; otherwise the source of the next one is in progress.
void Subscriber::GoOn() {
  if (SendFromPage()) return;
  if (live_) SendFromRing();
  if (ended_ || is_writing_ || is_reading_ || live_) return;
  GoLiveOrReadPage();
  if (live_) SendFromRing();
}

void Subscriber::ReadPage() {
  is_reading_ = true;
  around_.catch_up.Submit(shared_from_this(), std::move(catch_up_));
}

void Subscriber::TakeArrivedPage() {
  CatchUpOutcome arrived = *std::exchange(arrived_, std::nullopt);
  is_reading_ = false;
  catch_up_ = std::move(arrived.catch_up);
  if (!arrived.page) return EndUnread(arrived.page.error(), arrived.newest);

  if (!is_open_) {
    is_open_ = true;
    wrote_at_ = around_.clock.Monotonic();
    Open();
  }
  if (arrived.page->messages.empty()) {
    has_read_all_ = arrived.page->stands.has_value() && arrived.page->stands == stands_;
    stands_ = std::move(arrived.page->stands);
    return;
  }
  page_ = *std::move(arrived.page);
  page_since_ = around_.clock.Monotonic();
  sent_of_page_ = 0;
  slot_ = std::move(arrived.slot);
}

bool Subscriber::SendFromPage() {
  if (!page_) return false;
  CatchUpMessage& next = page_->messages[sent_of_page_];
  ++sent_of_page_;
  stands_ = std::move(next.stands);
  if (next.is_event) around_.counts.events_sent.fetch_add(1, std::memory_order_relaxed);
  grpc::ByteBuffer message;
  message.Swap(&next.bytes);
  if (sent_of_page_ == page_->messages.size()) {
    stands_ = std::move(page_->stands);
    page_.reset();
    slot_ = PageSlot();
  }
  Send(message);
  return true;
}

void Subscriber::GoLiveOrReadPage() {
  if (stands_) live_ = around_.ring.MarkAt(stands_->position);
  if (live_) {
    catch_up_.reset();
  } else if (!has_read_all_) {
    ReadPage();
  }
}

void Subscriber::SendFromRing() {
  const EventRing::Found found = around_.ring.Next(*live_, order_.filter);
  live_ = found.mark;
  stands_->position = found.mark.position;
  switch (found.loss) {
    case EventRing::Loss::kNone:
      break;
    case EventRing::Loss::kTooSlow:
      return EndSlow();
    case EventRing::Loss::kRestarted:
      // The feed was left behind, not this stream: the store has the next events.
      live_.reset();
      catch_up_ = std::make_unique<CatchUp>(order_.filter, stands_, around_.options.page);
      return;
  }
  if (found.event == nullptr) return;
  around_.counts.events_sent.fetch_add(1, std::memory_order_relaxed);
  Send(found.event->message);
}

void Subscriber::Send(grpc::ByteBuffer message) {
  message_.Swap(&message);
  is_writing_ = true;
  wrote_at_ = around_.clock.Monotonic();
  due_ = wrote_at_ + around_.options.patience;
  Write(message_);
}

void Subscriber::End(const grpc::Status& status, const std::string& cursor) {
  ended_ = true;
  page_.reset();
  slot_ = PageSlot();
  live_.reset();
  catch_up_.reset();
  due_ = around_.clock.Monotonic() + around_.options.farewell;
  Close(status, cursor);
}

void Subscriber::EndSlow() {
  around_.counts.slow_ended.fetch_add(1, std::memory_order_relaxed);
  const std::string cursor = StandsText();
  End({grpc::StatusCode::RESOURCE_EXHAUSTED,
       cursor.empty() ? "too slow: start anew"
                      : fmt::format("too slow: resume from cursor {}", cursor)},
      cursor);
}

void Subscriber::EndStopped() {
  const std::string cursor = StandsText();
  End({grpc::StatusCode::UNAVAILABLE,
       cursor.empty() ? "the server is stopping"
                      : fmt::format("the server is stopping: resume from cursor {}", cursor)},
      cursor);
}

void Subscriber::EndUnread(const Error& error, const std::optional<Cursor>& newest) {
  if (error.code == Errc::kCursorExpired) {
    End({grpc::StatusCode::OUT_OF_RANGE,
         "cursor: what followed it is no longer retained; load the rooms afresh"},
        newest ? newest->Encode() : std::string());
  } else {
    End({grpc::StatusCode::UNAVAILABLE, "the store cannot be read now"}, StandsText());
  }
}

std::string Subscriber::StandsText() const { return stands_ ? stands_->Encode() : std::string(); }

}  // namespace rtcroom
