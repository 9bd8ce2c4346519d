#include "handlers/channel/request_socket.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/channel/channel_options.h"

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kIdleTimeout{60};
/// A client for which more waits reads too slowly for pushes.
constexpr std::size_t kMaxUnsent = std::size_t{128} << 10;
/// Beyond it the stream ends without a close frame; no reply or push gets there.
constexpr std::size_t kMaxStreamBytes = std::size_t{512} << 10;

}  // namespace

void RequestSocket::Open(HttpReply head, Responder& responder) {
  const std::shared_ptr<RequestSocket> self = shared_from_this();
  std::shared_ptr<TwoWayStream> stream = responder.Upgrade(
      std::move(head), {.on_end = [self] { self->Leave(); },
                        .on_bytes = [self](TwoWayStream& /*from*/,
                                           std::string_view bytes) { return self->OnBytes(bytes); },
                        .on_drain =
                            [self](TwoWayStream& /*stream*/) {
                              if (self->IsOpen()) self->OnDrain();
                            },
                        .on_taken = [self](TwoWayStream& /*stream*/) { self->GoOn(); },
                        .low_unsent = kMaxUnsentBeforeMore,
                        .max_unsent = kMaxStreamBytes,
                        .idle_timeout = kIdleTimeout});
  {
    const MutexLock lock(lock_);
    stream_ = std::move(stream);  // its functions run on this thread: it has not ended yet
  }
  ++deps_.receivers.counts().sockets;
  deps_.receivers.Add(self);
}

void RequestSocket::Leave() {
  End();
  OnEnd();
  deps_.receivers.Remove(shared_from_this());
  --deps_.receivers.counts().sockets;
}

TwoWayStream::Receipt RequestSocket::OnBytes(std::string_view bytes) {
  const MonotonicTime now = deps_.clock.Monotonic();
  std::size_t without_request = 0;  // frames
  {
    const MutexLock lock(lock_);
    if (!stream_) return {};
    heard_at_ = now;
    const std::size_t before = requests_.size();
    socket_.Feed(
        bytes, [this](std::string text) REQUIRES(lock_) { requests_.push_back(std::move(text)); });
    std::size_t frames = socket_.TakeFrameCount();
    without_request = frames - std::min(frames, requests_.size() - before);
    for (; frames > 0; --frames) {
      if (rate_.Take(now, options_.frame_rate)) continue;
      socket_.Close(kTooFast, "too many requests");
      break;
    }
    FlushLocked();
    if (socket_.closing()) EndLocked();
  }
  if (without_request > 0) {
    deps_.costs.ChargeAddress(peer_address_, static_cast<std::uint32_t>(without_request));
  }
  RunRequests();
  const MutexLock lock(lock_);
  is_paused_ = stream_ != nullptr && (running_ || !requests_.empty());
  std::size_t held = socket_.held_memory() + running_.value_or(0);
  for (const std::string& request : requests_) held += request.size();
  return {.held = held, .pause = is_paused_};
}

// Requests

void RequestSocket::RunRequests() noexcept {
  try {
    RunAll();
  } catch (...) {
    End();  // most likely out of memory
  }
}

void RequestSocket::RunAll() {
  while (true) {
    std::string text;
    {
      const MutexLock lock(lock_);
      if (running_ || !stream_) return;
      if (requests_.empty()) {
        if (std::exchange(is_paused_, false)) stream_->ReadOn(socket_.held_memory());
        return;
      }
      if (stream_->unsent() > kMaxUnsentBeforeMore) return;  // see GoOn
      text = std::move(requests_.front());
      requests_.pop_front();
      running_ = text.size();
    }
    if (!Run(text)) return;
    const MutexLock lock(lock_);
    running_.reset();
  }
}

void RequestSocket::FinishLater() noexcept {
  {
    const MutexLock lock(lock_);
    running_.reset();
  }
  RunRequests();
}

void RequestSocket::RunNext(std::vector<std::string> requests) {
  const MutexLock lock(lock_);
  if (!stream_) return;
  requests_.insert(requests_.begin(), std::move_iterator(requests.begin()),
                   std::move_iterator(requests.end()));
}

bool RequestSocket::IsRunning() const {
  const MutexLock lock(lock_);
  return running_.has_value();
}

void RequestSocket::GoOn() {
  if (!TakesMore()) return;
  const bool has_requests = [&] {
    const MutexLock lock(lock_);
    return !running_ && !requests_.empty();
  }();
  if (!has_requests && !HasMissed()) return;
  const bool is_taken = TrySubmit([self = shared_from_this()] {
    self->ReadMissed();
    self->RunRequests();
  });
  if (!is_taken) TickSoon();
}

void RequestSocket::Record(const RequestLabel& label, MonotonicTime begun) {
  deps_.recorder.Record({.peer_address = peer_address_, .begun = begun}, label, 200);
}

// Time

MonotonicTime RequestSocket::OnTick(MonotonicTime now) {
  if (!IsOpen()) return MonotonicTime::max();
  if (!SendsClientsAway(deps_.node)) return OnTime(now);
  OnDrain();
  return MonotonicTime::max();
}

void RequestSocket::OnEventsLost() {
  // The next connection reads its rooms again.
  if (IsOpen()) OnDrain();
}

// Output

bool RequestSocket::IsOpen() const {
  const MutexLock lock(lock_);
  return stream_ != nullptr;
}

std::optional<std::size_t> RequestSocket::unsent() const {
  const MutexLock lock(lock_);
  return stream_ ? std::optional(stream_->unsent()) : std::nullopt;
}

void RequestSocket::Send(std::string_view text) {
  const MutexLock lock(lock_);
  if (!stream_) return;
  socket_.SendText(text);
  FlushLocked();
}

void RequestSocket::WritePush(std::string_view frame, std::optional<TimePoint> made_at) {
  const std::optional<std::size_t> before = unsent();
  if (!before) return;
  if (*before > kMaxUnsent) {
    ++deps_.receivers.counts().slow_readers;
    return Close(options_.too_slow, "read too slowly");
  }
  deps_.receivers.CountPush(made_at);
  const MutexLock lock(lock_);
  if (stream_) (void)stream_->Write(frame);
}

bool RequestSocket::PingIfDue(MonotonicTime now, bool only_silent) {
  const MutexLock lock(lock_);
  if (only_silent) next_ping_ = std::max(next_ping_, heard_at_ + kPingPeriod);
  if (now < next_ping_) return false;
  next_ping_ = now + kPingPeriod;
  socket_.Ping();
  FlushLocked();
  return true;
}

void RequestSocket::Close(std::uint16_t code, std::string_view reason) {
  const MutexLock lock(lock_);
  socket_.Close(code, reason);
  FlushLocked();
  EndLocked();
}

void RequestSocket::End() {
  const MutexLock lock(lock_);
  EndLocked();
}

void RequestSocket::FlushLocked() {
  const std::string output = socket_.TakeOutput();
  if (!output.empty() && stream_) (void)stream_->Write(output);
}

void RequestSocket::EndLocked() {
  stream_.reset();
  requests_.clear();
}

}  // namespace rtcroom
