#include "daemon/grpc/subscriber.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/grpc/watch_messages.h"

namespace rtcroom {

Subscriber::Subscriber(WatchSpec spec, const WatchDeps& deps)
    : spec_(std::move(spec)),
      deps_(deps),
      due_(MonotonicTime::max()),
      catch_up_(std::make_unique<CatchUp>(spec_, deps.options.page)),
      cursor_(spec_.after) {}

void Subscriber::OnTick(MonotonicTime now) {
  if (now >= due_.load(std::memory_order_relaxed)) Notify(kTime);
}

void Subscriber::TakePage(CatchUpOutcome outcome) {
  arrived_ = std::move(outcome);
  Notify(kPage);
}

void Subscriber::Notify(std::uint32_t signals) {
  if ((signals_.fetch_or(signals | kBusy, std::memory_order_acq_rel) & kBusy) != 0) return;
  while (true) {
    const std::uint32_t pending = signals_.exchange(kBusy, std::memory_order_acq_rel) & ~kBusy;
    if (pending != 0) {
      Process(pending);
      continue;
    }
    std::uint32_t none = kBusy;
    if (signals_.compare_exchange_strong(none, 0, std::memory_order_acq_rel)) return;
  }
}

void Subscriber::Process(std::uint32_t signals) {
  if ((signals & kWritten) != 0) {
    is_writing_ = false;
    message_.Clear();
  }
  // Only time signals need the clock: for all others nothing is due.
  const MonotonicTime now = (signals & kTime) != 0 ? deps_.clock.Monotonic() : MonotonicTime::min();
  if (ended_) {
    if ((signals & kPage) != 0) arrived_.reset();
    if (now >= due_.load() && !std::exchange(is_aborted_, true)) Abort();
    return;
  }
  const bool is_over = (signals & (kBroken | kStopped | kCutOff)) != 0;
  if (is_over && (signals & kPage) != 0) arrived_.reset();  // other streams wait for its slot
  if ((signals & kBroken) != 0) return End(grpc::Status::CANCELLED, {});
  if ((signals & kStopped) != 0) return EndHere("the server is stopping");
  if ((signals & kCutOff) != 0) return EndHere("the server is cut off from its store");

  if ((signals & kBegun) != 0) ReadPage();
  if ((signals & kPage) != 0) TakeArrivedPage();
  if ((signals & (kEvents | kTime)) != 0) has_read_all_ = false;
  if (ended_ || !is_open_) return;

  if (is_writing_) {
    const bool is_left_behind = live_ && deps_.ring.LossOf(*live_) == EventRing::Loss::kTooSlow;
    // Few streams hold a page at a time: a slow reader must not keep it.
    const bool keeps_page = page_ && now >= page_since_ + 2 * deps_.options.send_timeout;
    const bool is_stuck = now >= wrote_at_ + deps_.options.send_timeout;
    if (is_left_behind || keeps_page || is_stuck) EndSlow();
    return;
  }
  SendNext();
  if (ended_ || is_writing_) return;
  if (now >= wrote_at_ + spec_.keep_alive) return Send(KeepAliveBytes(CursorText()));
  // A stream that has read everything checks again soon: the ring may not have started yet.
  due_ = has_read_all_ ? wrote_at_ : wrote_at_ + spec_.keep_alive;
}

// Sends the next message if there is one; otherwise the source of the next one is in progress.
void Subscriber::SendNext() {
  if (SendFromPage()) return;
  if (live_) SendFromRing();
  if (ended_ || is_writing_ || is_reading_ || live_) return;
  GoLiveOrReadPage();
  if (live_) SendFromRing();
}

void Subscriber::ReadPage() {
  is_reading_ = true;
  deps_.catch_up.Submit(shared_from_this(), std::move(catch_up_));
}

void Subscriber::TakeArrivedPage() {
  CatchUpOutcome arrived = *std::exchange(arrived_, std::nullopt);
  is_reading_ = false;
  catch_up_ = std::move(arrived.catch_up);
  if (!arrived.page) return EndUnread(arrived.page.error(), arrived.newest);

  if (!is_open_) {
    is_open_ = true;
    wrote_at_ = deps_.clock.Monotonic();
    Open();
  }
  if (arrived.page->messages.empty()) {
    has_read_all_ = arrived.page->cursor.has_value() && arrived.page->cursor == cursor_;
    cursor_ = std::move(arrived.page->cursor);
    return;
  }
  page_ = *std::move(arrived.page);
  page_since_ = deps_.clock.Monotonic();
  sent_of_page_ = 0;
  slot_ = std::move(arrived.slot);
}

bool Subscriber::SendFromPage() {
  if (!page_) return false;
  CatchUpMessage& next = page_->messages[sent_of_page_];
  ++sent_of_page_;
  cursor_ = std::move(next.cursor);
  if (next.is_event) deps_.counts.events_sent.fetch_add(1, std::memory_order_relaxed);
  grpc::ByteBuffer message;
  message.Swap(&next.bytes);
  if (sent_of_page_ == page_->messages.size()) {
    cursor_ = std::move(page_->cursor);
    page_.reset();
    slot_ = PageSlot();
  }
  Send(message);
  return true;
}

void Subscriber::GoLiveOrReadPage() {
  if (cursor_) live_ = deps_.ring.MarkAt(cursor_->position);
  if (live_) {
    catch_up_.reset();
  } else if (!has_read_all_) {
    ReadPage();
  }
}

void Subscriber::SendFromRing() {
  const EventRing::Found found = deps_.ring.Next(*live_, spec_.filter);
  live_ = found.mark;
  cursor_->position = found.mark.position;
  switch (found.loss) {
    case EventRing::Loss::kNone:
      break;
    case EventRing::Loss::kTooSlow:
      return EndSlow();
    case EventRing::Loss::kRestarted:
      // The feed was left behind, not this stream: the store has the next events.
      live_.reset();
      catch_up_ = std::make_unique<CatchUp>(spec_.filter, cursor_, deps_.options.page);
      return;
  }
  if (found.event == nullptr) return;
  deps_.counts.events_sent.fetch_add(1, std::memory_order_relaxed);
  Send(found.event->message);
}

void Subscriber::Send(grpc::ByteBuffer message) {
  message_.Swap(&message);
  is_writing_ = true;
  wrote_at_ = deps_.clock.Monotonic();
  due_ = wrote_at_ + deps_.options.send_timeout;
  Write(message_);
}

void Subscriber::End(const grpc::Status& status, const std::string& cursor) {
  ended_ = true;
  page_.reset();
  slot_ = PageSlot();
  live_.reset();
  catch_up_.reset();
  due_ = deps_.clock.Monotonic() + deps_.options.close_timeout;
  Close(status, cursor);
}

void Subscriber::EndSlow() {
  deps_.counts.slow_ended.fetch_add(1, std::memory_order_relaxed);
  const std::string cursor = CursorText();
  End({grpc::StatusCode::RESOURCE_EXHAUSTED,
       cursor.empty() ? "too slow: start anew"
                      : fmt::format("too slow: resume from cursor {}", cursor)},
      cursor);
}

void Subscriber::EndHere(std::string_view reason) {
  const std::string cursor = CursorText();
  End({grpc::StatusCode::UNAVAILABLE,
       cursor.empty() ? std::string(reason)
                      : fmt::format("{}: resume from cursor {}", reason, cursor)},
      cursor);
}

void Subscriber::EndUnread(const Error& error, const std::optional<Cursor>& newest) {
  if (error.code == Errc::kCursorExpired) {
    End({grpc::StatusCode::OUT_OF_RANGE,
         "cursor: what followed it is no longer retained; load the rooms afresh"},
        newest ? newest->Encode() : std::string());
  } else {
    End({grpc::StatusCode::UNAVAILABLE, "the store cannot be read now"}, CursorText());
  }
}

std::string Subscriber::CursorText() const { return cursor_ ? cursor_->Encode() : std::string(); }

}  // namespace rtcroom
