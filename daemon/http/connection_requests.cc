// Request handling of a connection: pacing, dispatch to a loop or worker, replies in order.
#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/exception_type.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/http/connection.h"
#include "daemon/http/forwarded_for.h"

namespace rtcroom {

void Connection::Serve(Call call) {
  answered_ = true;
  std::string& path = call.request.path;
  if (path.find('%') != std::string::npos) path = PercentDecode(path);
  call.request.peer_address = ClientAddressOf(call.request);
  const RequestPlan plan = context_.handler.Resolve(call.request);
  call.lane = plan.lane;
  if (call.lane == Lane::kRead) {
    call.lane = context_.options.reads_on_workers ? Lane::kWorker : Lane::kInline;
  }
  const std::uint32_t rate = context_.paced_per_second;
  if (plan.paced) {
    const MonotonicTime now = Now();
    std::chrono::nanoseconds delay = context_.handler.Delay(call.request.peer_address);
    // A trusted proxy's connection carries many clients: its rate is not that of any one client.
    if (rate > 0 && !peer_is_trusted_) {
      delay = std::max(delay, pace_.Reserve(now, PacedAt(rate)));
    }
    if (delay.count() > 0) {
      Count(RefusalCause::kPaced);
      return Hold(std::move(call), now + delay);
    }
  }
  Run(std::move(call));
}

void Connection::Hold(Call call, MonotonicTime due) {
  held_ = std::make_unique<HeldCall>(HeldCall{.call = std::move(call), .due = due});
  // The replies to earlier requests must not wait for this one.
  if (Flush()) RunHeld();
}

void Connection::RunHeld() {
  const std::chrono::nanoseconds delay = held_->due - Now();
  if (delay.count() <= 0) {
    due_.reset();
    const std::unique_ptr<HeldCall> held = std::move(held_);
    return Run(std::move(held->call));
  }
  if (!CountMemory()) return;
  state_ = State::kHeld;
  deadline_ = MonotonicTime::max();
  due_ = std::make_unique<boost::asio::steady_timer>(loop_.context(), delay);
  due_->async_wait([self = shared_from_this()](const auto& error) {
    if (error || self->state_ != State::kHeld) return;
    self->state_ = State::kReading;
    self->held_->due = {};
    self->Guarded(&Connection::Continue);
  });
}

void Connection::Run(Call&& call) {
  // The worker writes its reply itself, so all earlier replies must be written first.
  const bool on_worker = call.lane != Lane::kInline;
  if (on_worker && !outbox_.empty()) return Hold(std::move(call), {});
  ++turn_;
  format_ = ResponseFormat::Of(call.request);
  is_on_worker_ = on_worker;
  call.request.begun = Now();
  progress_ = ReplyProgress::kHandling;
  is_watched_ = false;
  state_ = State::kDispatched;
  if (!on_worker) {
    std::optional<EncodedResponse> reply = Answer(call.request);
    if (!reply) {
      // The reply is sent later; earlier replies need not wait for it.
      (void)outbox_.Flush(transport_);
      return WaitToRead();
    }
    state_ = State::kReading;
    return outbox_.Append(*std::move(reply));
  }
  const auto urgency = call.lane == Lane::kUrgent ? ThreadPool::Urgency::kUrgent  //
                                                  : ThreadPool::Urgency::kNormal;
  deadline_ = MonotonicTime::max();
  call_memory_ = call.request.body.capacity();
  if (!CountMemory()) return;
  WaitToRead();
  ++context_.at_work;
  if (context_.workers.TrySubmit(
          urgency, [self = shared_from_this(), request = std::move(call.request)]() mutable {
            std::atomic<std::size_t>& at_work = self->context_.at_work;
            self->AnswerOnWorker(request);
            self.reset();
            --at_work;  // last: the listener may be destroyed after this
          })) {
    return;
  }
  --context_.at_work;
  call_memory_ = 0;
  state_ = State::kReading;
  Count(RefusalCause::kQueueFull);
  outbox_.Append(Encode(format_, context_.handler.Refuse(503, "no worker is free")));
}

// Ends the process when the task that returns the connection to its loop cannot be allocated.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void Connection::AnswerOnWorker(HttpRequest& request) noexcept {
  const std::uint32_t turn = turn_;
  EncodedResponse reply;
  bool is_lost = true;
  bool lacks_memory = false;
  try {
    std::optional<EncodedResponse> answer = Answer(request);
    if (!answer) return;
    reply = *std::move(answer);
    // One write attempt on this thread, which has the reply; the loop writes the rest.
    const IoResult put = transport_.Write(reply.bytes);
    if (put.status == IoStatus::kDone) RemoveSent(put.bytes, reply.bytes);
    is_lost = put.status == IoStatus::kClosed;
    // It may wait long for its loop, and many may.
    const std::size_t before = HeldMemory();
    const std::size_t held = before + (reply.bytes.empty() ? 0 : reply.bytes.capacity());
    lacks_memory = !Reserve(held);
    if (lacks_memory && held > kMuchBytes) {
      Count(RefusalCause::kMemory);
      transport_.DropUnsent();
      reply = {};
      is_lost = true;
      (void)memory_.Set(before);
    }
  } catch (const std::exception&) {
    reply = {};
  }
  loop_.Post(
      [self = shared_from_this(), turn, is_lost, lacks_memory, reply = std::move(reply)]() mutable {
        if (is_lost) self->aborted_ = true;
        if (lacks_memory) self->owner_.OnMemoryLack();
        self->OnReplyReady(turn, std::move(reply));
      });
}

std::optional<EncodedResponse> Connection::Answer(HttpRequest& request) {
  const ResponseFormat format = format_;
  {
    Responder responder(shared_from_this(), turn_);
    try {
      context_.handler.Handle(request, responder);
    } catch (...) {
      // The exception text may quote the request, so only the type is logged.
      if (responder) {
        responder.Send(
            context_.handler.Refuse(500, fmt::format("exception {}", CurrentExceptionType())));
      }
    }
  }
  const bool on_worker = is_on_worker_;
  auto progress = ReplyProgress::kHandling;
  if (progress_.compare_exchange_strong(progress, ReplyProgress::kReturned)) {
    if (on_worker && is_watched_) {
      loop_.Post([self = shared_from_this()] { self->Guarded(&Connection::LookForEnd); });
    }
    return std::nullopt;
  }
  return Encode(format, TakeReply());
}

EncodedResponse Connection::Encode(const ResponseFormat& format, const HttpReply& reply) const {
  return EncodeResponse(format, reply, context_.draining, context_.options.idle_timeout);
}

void Connection::Send(std::uint32_t turn, HttpReply reply) noexcept {
  reply_ = std::move(reply);
  OnReplied(turn);
}

void Connection::Abandon(std::uint32_t turn) noexcept {
  try {
    reply_ = context_.handler.Refuse(500, "never answered");
  } catch (...) {
    reply_.reset();  // the connection ends without a reply
  }
  OnReplied(turn);
}

// Ends the process when the task cannot be allocated: nothing else would close the connection.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void Connection::OnReplied(std::uint32_t turn) noexcept {
  if (progress_.exchange(ReplyProgress::kReplied) == ReplyProgress::kHandling) return;
  loop_.Post([self = shared_from_this(), turn] {
    if (!self->IsDispatched(turn)) return;
    self->Guarded([turn](Connection& connection) {
      connection.OnReplyReady(turn, connection.Encode(connection.format_, connection.TakeReply()));
    });
  });
}

HttpReply Connection::TakeReply() { return std::exchange(reply_, std::nullopt).value(); }

void Connection::OnClosed(std::uint32_t turn, std::function<void()> tell) {
  is_watched_ = true;
  loop_.Post([self = shared_from_this(), turn, tell = std::move(tell)]() mutable {
    if (turn != self->turn_ || self->progress_ == ReplyProgress::kReplied) return;
    self->on_closed_ = std::move(tell);
    self->Guarded(&Connection::LookForEnd);
  });
}

void Connection::RunInSlices(std::uint32_t /*turn*/, std::function<bool()> slice) {
  if (is_on_worker_) {
    // Here it may wait, and delays no other connection of the loop.
    while (!slice()) {
    }
    return;
  }
  loop_.RunInSlices(
      [self = shared_from_this(), slice = std::move(slice)] { return self->aborted_ || slice(); });
}

bool Connection::RunOnWorker(std::uint32_t /*turn*/, std::function<void()> task) {
  ++context_.at_work;
  if (context_.workers.TrySubmit(ThreadPool::Urgency::kNormal,
                                 [self = shared_from_this(), task]() mutable {
                                   std::atomic<std::size_t>& at_work = self->context_.at_work;
                                   try {
                                     task();
                                   } catch (...) {
                                     // With the task its right to answer ends, which sends an
                                     // internal error.
                                   }
                                   task = {};
                                   self.reset();
                                   --at_work;  // last: the listener may be destroyed after this
                                 })) {
    return true;
  }
  --context_.at_work;
  Count(RefusalCause::kQueueFull);
  return false;
}

void Connection::OnReplyReady(std::uint32_t turn, EncodedResponse reply) {
  if (!IsDispatched(turn)) return;  // already answered, or the connection has closed
  state_ = State::kReading;
  call_memory_ = 0;
  on_closed_ = nullptr;
  if (aborted_) return End();
  outbox_.Append(std::move(reply));
  Guarded(&Connection::Continue);
}

std::string Connection::ClientAddressOf(const FramedRequest& request) const {
  if (!peer_is_trusted_ || request.forwarded_for.empty()) return peer_text_;
  return ClientAddress(peer_, request.forwarded_for, context_.options.trusted_proxies).ToText();
}

}  // namespace rtcroom
