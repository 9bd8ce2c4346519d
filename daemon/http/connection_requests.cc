// How a connection has its requests answered, by whom, and in their order.
#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/percent_encoding.h"
#include "daemon/base/thrown.h"
#include "daemon/http/connection.h"
#include "daemon/http/forwarded_for.h"

namespace rtcroom {

/// A reply that comes after its handler has returned.
class Connection::Later : public PendingReply {
 public:
  Later(std::shared_ptr<Connection> connection, ResponseFormat format)
      : connection_(std::move(connection)), format_(format), turn_(connection_->turn_) {}
  ~Later() override {
    // Whoever had to answer let go of it: the client must not wait for ever.
    if (connection_) Send(connection_->context_.handler.Refuse(500, "never answered"));
  }
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  // Ends the process when there is no memory for the few bytes of a task: nobody would end the
  // connection otherwise.
  // NOLINTNEXTLINE(bugprone-exception-escape): meant so
  void Send(HttpReply reply) noexcept override {
    std::shared_ptr<Connection> connection = std::exchange(connection_, nullptr);
    if (!connection) return;  // the first answer counts
    EventLoop& loop = connection->loop_;
    loop.Post([connection = std::move(connection), format = format_, turn = turn_,
               reply = std::move(reply)]() mutable {
      if (!connection->IsAway(turn)) return;
      connection->Guarded(
          [&](Connection& self) { self.ComeBack(turn, self.Encode(format, std::move(reply))); });
    });
  }

  void RunInSlices(std::function<bool()> slice) override {
    connection_->loop_.RunInSlices([connection = connection_, slice = std::move(slice)] {
      return connection->aborted_ || slice();
    });
  }

  std::shared_ptr<StreamedReply> Open(HttpReply head, StreamedReply::OnEnd on_end) override {
    if (!connection_) return nullptr;
    auto stream = connection_->OpenStream(turn_, format_, std::move(head), std::move(on_end));
    connection_ = nullptr;  // only now: what could not be opened is still to be answered
    return stream;
  }

 private:
  std::shared_ptr<Connection> connection_;  ///< until it is answered
  const ResponseFormat format_;
  const std::uint32_t turn_;
};

void Connection::Serve(FramedRequest request) {
  answered_ = true;
  const RequestPlan plan = context_.handler.Plan(request.method, request.path);
  const std::uint32_t rate = context_.paced_per_second;
  if (plan.paced) {
    const MonotonicTime now = Now();
    std::chrono::nanoseconds delay = context_.handler.Delay(ClientAddressOf(request));
    // A trusted proxy's connection carries many clients, so its rate says nothing of any of them.
    if (rate > 0 && !peer_is_trusted_) {
      delay = std::max(delay, pace_.Reserve(now, PacedAt(rate)));
    }
    if (delay.count() > 0) {
      Count(RefusalCause::kPaced);
      return Hold(std::move(request), plan.lane, now + delay);
    }
  }
  Run(std::move(request), plan.lane);
}

void Connection::Hold(FramedRequest request, Lane lane, MonotonicTime due) {
  held_ = std::make_unique<HeldRequest>(
      HeldRequest{.request = std::move(request), .lane = lane, .due = due});
  // The replies to what was asked before must not wait with it.
  if (Flush()) RunHeld();
}

void Connection::RunHeld() {
  const std::chrono::nanoseconds delay = held_->due - Now();
  if (delay.count() <= 0) {
    due_.reset();
    const std::unique_ptr<HeldRequest> held = std::move(held_);
    return Run(std::move(held->request), held->lane);
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

void Connection::Run(FramedRequest request, Lane lane) {
  ++turn_;
  const MonotonicTime begun = Now();
  if (lane == Lane::kInline) {
    state_ = State::kAway;
    std::optional<EncodedResponse> reply = Answer(std::move(request), begun);
    if (!reply) {
      // It comes back by itself, later; the replies before it need not wait for that.
      (void)outbox_.Flush(transport_);
      return;
    }
    state_ = State::kReading;
    return outbox_.Append(*std::move(reply));
  }
  // The worker is going to write, and before it everything else must be out.
  if (!outbox_.empty()) return Hold(std::move(request), lane, {});
  const ResponseFormat format = ResponseFormat::Of(request);
  const auto urgency = lane == Lane::kUrgent ? WorkerPool::Urgency::kUrgent  //
                                             : WorkerPool::Urgency::kNormal;
  state_ = State::kAway;
  deadline_ = MonotonicTime::max();
  ++context_.at_work;
  if (context_.workers.TrySubmit(
          urgency, [self = shared_from_this(), request = std::move(request), begun]() mutable {
            std::atomic<std::size_t>& at_work = self->context_.at_work;
            self->AnswerOnWorker(std::move(request), begun);
            self.reset();
            --at_work;  // last: the listener may end from here on
          })) {
    return;
  }
  --context_.at_work;
  state_ = State::kReading;
  Count(RefusalCause::kQueueFull);
  outbox_.Append(Encode(format, context_.handler.Refuse(503, "no worker is free")));
}

// Ends the process likewise when even the task that gives the connection back cannot be made.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void Connection::AnswerOnWorker(FramedRequest request, MonotonicTime begun) noexcept {
  EncodedResponse reply;
  bool is_lost = true;
  try {
    std::optional<EncodedResponse> answer = Answer(std::move(request), begun);
    if (!answer) return;
    reply = *std::move(answer);
    // One try here, where the reply is at hand; the loop does the rest.
    const IoResult put = transport_.Write(reply.bytes);
    if (put.status == IoStatus::kDone) reply.bytes.erase(0, put.bytes);
    is_lost = put.status == IoStatus::kClosed;
  } catch (const std::exception&) {
    reply = {};
  }
  loop_.Post(
      [self = shared_from_this(), turn = turn_, is_lost, reply = std::move(reply)]() mutable {
        if (is_lost) self->aborted_ = true;
        self->ComeBack(turn, std::move(reply));
      });
}

std::optional<EncodedResponse> Connection::Answer(FramedRequest request, MonotonicTime begun) {
  const ResponseFormat format = ResponseFormat::Of(request);
  const DeferReply defer = [&] { return std::make_shared<Later>(shared_from_this(), format); };
  HttpRequest asked{.method = std::move(request.method),
                    .path = PercentDecode(request.path),
                    .query = std::move(request.query),
                    .content_type = std::move(request.content_type),
                    .origin = std::move(request.origin),
                    .if_none_match = std::move(request.if_none_match),
                    .authorization = std::move(request.authorization),
                    .body = std::move(request.body),
                    .peer_address = ClientAddressOf(request),
                    .begun = begun,
                    .request_id = {}};
  std::optional<HttpReply> reply;
  try {
    reply = context_.handler.Handle(std::move(asked), defer);
  } catch (...) {
    // Its text may quote the request, so the log gets the type only.
    reply = context_.handler.Refuse(500, fmt::format("exception {}", TypeOfThrown()));
  }
  if (!reply) return std::nullopt;
  return Encode(format, *std::move(reply));
}

EncodedResponse Connection::Encode(const ResponseFormat& format, HttpReply reply) const {
  return EncodeResponse(format, std::move(reply), context_.draining);
}

void Connection::ComeBack(std::uint32_t turn, EncodedResponse reply) {
  if (!IsAway(turn)) return;  // that request has been answered or lost
  state_ = State::kReading;
  if (aborted_) return End();
  outbox_.Append(std::move(reply));
  Guarded(&Connection::Continue);
}

std::string Connection::ClientAddressOf(const FramedRequest& request) const {
  if (!peer_is_trusted_ || request.forwarded_for.empty()) return peer_text_;
  return ClientAddress(peer_, request.forwarded_for, context_.options.trusted_proxies).ToText();
}

}  // namespace rtcroom
