#include "daemon/edge/connection.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <span>
#include <utility>

#include "daemon/edge/forwarded_for.h"
#include "daemon/edge/proxy_header.h"

namespace rtcroom {
namespace {

/// Before other connections have their turn: reads, and answers to pipelined requests.
constexpr int kReadsInATurn = 4;
constexpr int kAnswersInATurn = 16;
/// Replies to pipelined requests that are collected before they are written.
constexpr std::size_t kEnoughToWrite = 65'536;
/// Most that is read from a client that goes on sending what nobody will answer.
constexpr int kMaxDiscardsInATurn = 64;

constexpr ReplyForm kEndOfConnection = {};

}  // namespace

/// A reply that comes after its handler has returned.
class Connection::Later : public PendingReply {
 public:
  Later(std::shared_ptr<Connection> connection, ReplyForm form)
      : connection_(std::move(connection)), form_(form) {}
  ~Later() override {
    // Whoever had to answer let go of it: the client must not wait for ever.
    if (connection_) Send(connection_->context_.handler.Refuse(500, "never answered"));
  }
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  void Send(HttpReply reply) override {
    std::shared_ptr<Connection> connection = std::exchange(connection_, nullptr);
    if (!connection) return;  // the first answer counts
    EventLoop& loop = connection->loop_;
    loop.Post(
        [connection = std::move(connection), form = form_, reply = std::move(reply)]() mutable {
          try {
            connection->ComeBack(connection->context_.exchange.Write(form, std::move(reply)));
          } catch (const std::exception&) {
            connection->End();
          }
        });
  }

 private:
  std::shared_ptr<Connection> connection_;  ///< until it is answered
  const ReplyForm form_;
};

Connection::Connection(ConnectionContext& context, EventLoop& loop, FileDescriptor socket,
                       const IpAddress& peer, ConnectionCensus::Place place,
                       std::function<void(Connection&)> on_end)
    : context_(context),
      loop_(loop),
      socket_(loop.context(), socket.get()),
      transport_(socket.Release()),
      peer_(peer),
      peer_text_(peer.ToText()),
      peer_is_trusted_(context.options.trusted_proxies.Contains(peer)),
      place_(std::move(place)),
      on_end_(std::move(on_end)),
      framer_(context.options.max_body_bytes) {
  context_.observer.OnConnectionOpened();
}

Connection::~Connection() = default;

void Connection::Begin(std::shared_ptr<ssl_ctx_st> tls) {
  tls_ = std::move(tls);
  deadline_ = Now() + context_.options.handshake_timeout;
  if (!context_.options.proxy_protocol) return Guarded(&Connection::Secure);
  if (!context_.options.trusted_proxies.empty() && !peer_is_trusted_) {
    Count(RefusalCause::kUntrustedPeer);
    return End();
  }
  Guarded(&Connection::ReadProxy);
}

void Connection::CheckDeadline(MonotonicTime now) {
  if (now < deadline_) return;
  switch (state_) {
    case State::kProxyHeader:
      Count(RefusalCause::kProxyHeader);
      return End();
    case State::kHandshake:
      Count(RefusalCause::kHandshakeTimeout);
      return End();
    case State::kReading:
      if (framer_.has_bytes()) {
        return Guarded([](Connection& self) { self.Refuse(408, RefusalCause::kRequestTimeout); });
      }
      return End();  // idle: not a word, since the client has asked nothing
    case State::kWriting:
      Count(RefusalCause::kWriteTimeout);
      return End();
    case State::kLingering:
      return End();
    case State::kHeld:
    case State::kAway:
    case State::kEnded:
      return;
  }
}

void Connection::Drain() {
  if (state_ != State::kReading || framer_.has_bytes()) return;  // it ends with its reply
  if (!answered_) {
    deadline_ = std::min(deadline_, Now() + context_.options.first_request_grace);
  } else if (!transport_.HasPending() && !transport_.HasUnread()) {
    SayGoodbye();
  }
}

void Connection::Abort() {
  aborted_ = true;
  if (state_ != State::kAway) End();
}

template <typename Step>
void Connection::Guarded(Step step) {
  try {
    std::invoke(step, *this);
  } catch (const std::exception&) {
    End();
  }
}

void Connection::Resume() {
  switch (state_) {
    case State::kProxyHeader:
      return ReadProxy();
    case State::kHandshake:
      return ShakeHands();
    case State::kReading:
      return ReadRequests();
    case State::kWriting:
      return Continue();
    case State::kLingering:
      return Discard();
    case State::kHeld:
    case State::kAway:
    case State::kEnded:
      return;
  }
}

void Connection::Wait(IoStatus for_what) {
  if (for_what == IoStatus::kClosed) return End();
  const auto readiness = for_what == IoStatus::kWantWrite
                             ? boost::asio::posix::descriptor_base::wait_write
                             : boost::asio::posix::descriptor_base::wait_read;
  socket_.async_wait(readiness, [self = shared_from_this()](const auto& error) {
    if (!error) self->Guarded(&Connection::Resume);  // what was cancelled has ended already
  });
}

void Connection::ReadProxy() {
  // Never more is read than the header has, since what follows it belongs to TLS.
  while (true) {
    const ProxyHeader header = ReadProxyHeader(proxy_header_);
    if (header.progress == ProxyHeader::Progress::kInvalid) {
      Count(RefusalCause::kProxyHeader);
      return End();
    }
    if (header.progress == ProxyHeader::Progress::kComplete) {
      if (header.client) {
        peer_ = *header.client;
        peer_text_ = peer_.ToText();
        peer_is_trusted_ = context_.options.trusted_proxies.Contains(peer_);
      }
      std::string().swap(proxy_header_);
      return Secure();
    }
    const std::size_t missing = header.size - proxy_header_.size();
    const IoResult got = transport_.ReadRaw(loop_.scratch().first(missing));
    if (got.status != IoStatus::kDone) return Wait(got.status);
    proxy_header_.append(loop_.scratch().data(), got.bytes);
  }
}

void Connection::Secure() {
  if (!peer_is_trusted_) {
    if (const std::optional<RefusalCause> refused = place_.Claim(peer_)) {
      Count(*refused);
      return End();
    }
  }
  if (!tls_) return BeginReading();
  // The session keeps its settings alive: a reload concerns later connections.
  if (!transport_.Secure(*std::exchange(tls_, nullptr))) return End();
  state_ = State::kHandshake;
  ShakeHands();
}

void Connection::ShakeHands() {
  const IoStatus status = transport_.Handshake();
  if (status == IoStatus::kClosed) Count(RefusalCause::kHandshake);
  if (status != IoStatus::kDone) return Wait(status);
  context_.observer.OnHandshake();
  BeginReading();
}

void Connection::BeginReading() {
  place_.EndHandshake();
  state_ = State::kReading;
  deadline_ = Now() + Patience();
  ReadRequests();
}

std::chrono::milliseconds Connection::Patience() const {
  return context_.draining ? context_.options.first_request_grace : context_.options.idle_timeout;
}

void Connection::ReadRequests() {
  for (int turn = 0; turn < kReadsInATurn; ++turn) {
    const std::span<char> room = loop_.scratch();
    const IoResult got = transport_.Read(room);
    if (got.status == IoStatus::kWantRead && context_.draining && answered_ &&
        !framer_.has_bytes()) {
      return SayGoodbye();  // what looked like a request was none
    }
    if (got.status != IoStatus::kDone) return Wait(got.status);
    TakeIn({room.data(), got.bytes});
    if (state_ != State::kReading) return;
    // What comes later makes the socket readable again, unless TLS holds it already.
    if (got.bytes < room.size() && !transport_.HasPending()) return Wait(IoStatus::kWantRead);
  }
  loop_.Post([self = shared_from_this()] { self->Guarded(&Connection::Resume); });
}

void Connection::TakeIn(std::string_view bytes) {
  using Progress = RequestFramer::Progress;
  const MonotonicTime now = Now();
  Progress progress = framer_.Feed(bytes, now);
  for (int answers = 0; progress == Progress::kComplete; ++answers) {
    if (answers == kAnswersInATurn) return TakeTurns();
    Serve(framer_.Take());
    if (state_ != State::kReading) return;
    if (closing_) return SayGoodbye();
    if (unsent_.size() >= kEnoughToWrite && !Flush()) return;
    progress = framer_.Feed({}, now);
  }
  if (progress == Progress::kRefused) return Refuse(framer_.refusal(), RefusalCause::kFraming);
  if (progress == Progress::kContinue) unsent_ += "HTTP/1.1 100 Continue\r\n\r\n";
  if (!Flush() || !CountHeld()) return;
  deadline_ = framer_.has_bytes() ? framer_.begun_at() + context_.options.request_timeout
                                  : now + Patience();
  // A connection that was answered while draining was told so; this one was not.
  if (context_.draining && answered_ && !framer_.has_bytes()) SayGoodbye();
}

void Connection::TakeTurns() {
  // As long as it is away, nothing is read and nothing ends.
  state_ = State::kAway;
  loop_.Post([self = shared_from_this()] {
    self->state_ = State::kReading;
    if (self->aborted_) return self->End();
    self->Guarded(&Connection::Continue);
  });
}

void Connection::Serve(FramedRequest request) {
  answered_ = true;
  const RequestPlan plan = context_.handler.Plan(request.method, request.path);
  const std::uint32_t rate = context_.paced_per_second;
  // A trusted proxy's connection carries many clients, so its rate says nothing of any of them.
  if (plan.paced && rate > 0 && !peer_is_trusted_) {
    const MonotonicTime now = Now();
    const std::chrono::nanoseconds delay = pace_.Reserve(now, PacedAt(rate));
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
    const std::unique_ptr<HeldRequest> held = std::move(held_);
    return Run(std::move(held->request), held->lane);
  }
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
  if (lane == Lane::kInline) {
    state_ = State::kAway;
    std::optional<WireReply> reply = Answer(std::move(request));
    if (!reply) return;  // it comes back by itself, perhaps it already has
    state_ = State::kReading;
    return Append(*std::move(reply));
  }
  // The worker is going to write, and before it everything else must be out.
  if (!unsent_.empty()) return Hold(std::move(request), lane, {});
  const ReplyForm form = ReplyForm::Of(request);
  const auto urgency = lane == Lane::kUrgent ? WorkerPool::Urgency::kUrgent  //
                                             : WorkerPool::Urgency::kNormal;
  state_ = State::kAway;
  deadline_ = MonotonicTime::max();
  if (context_.workers.TrySubmit(
          urgency, [self = shared_from_this(), request = std::move(request)]() mutable {
            self->AnswerOnWorker(std::move(request));
          })) {
    return;
  }
  state_ = State::kReading;
  Count(RefusalCause::kQueueFull);
  Append(context_.exchange.Refuse(form, 503, "no worker is free"));
}

void Connection::AnswerOnWorker(FramedRequest request) noexcept {
  WireReply reply;
  bool is_lost = true;
  try {
    std::optional<WireReply> answer = Answer(std::move(request));
    if (!answer) return;
    reply = *std::move(answer);
    // One try here, where the reply is at hand; the loop does the rest.
    const IoResult put = transport_.Write(reply.bytes);
    if (put.status == IoStatus::kDone) reply.bytes.erase(0, put.bytes);
    is_lost = put.status == IoStatus::kClosed;
  } catch (const std::exception&) {
    reply = {};
  }
  loop_.Post([self = shared_from_this(), is_lost, reply = std::move(reply)]() mutable {
    if (is_lost) self->aborted_ = true;
    self->ComeBack(std::move(reply));
  });
}

std::optional<WireReply> Connection::Answer(FramedRequest request) {
  const ReplyForm form = ReplyForm::Of(request);
  std::string client_address = ClientAddressOf(request);
  return context_.exchange.Answer(std::move(request), std::move(client_address), [&] {
    return std::make_shared<Later>(shared_from_this(), form);
  });
}

void Connection::ComeBack(WireReply reply) {
  if (state_ == State::kEnded) return;
  state_ = State::kReading;
  if (aborted_) return End();
  Append(std::move(reply));
  Guarded(&Connection::Continue);
}

void Connection::Continue() {
  if (!Flush()) return;
  if (held_) {
    RunHeld();
    if (state_ != State::kReading || !Flush()) return;
  }
  if (closing_) return SayGoodbye();
  TakeIn({});
  if (state_ != State::kReading) return;
  if (transport_.HasPending()) return ReadRequests();
  Wait(IoStatus::kWantRead);
}

void Connection::Refuse(int status, RefusalCause cause) {
  Count(cause);
  Append(context_.exchange.Refuse(
      kEndOfConnection, status,
      std::string(kRefusalCauses.at(static_cast<std::size_t>(cause)).name)));
  SayGoodbye();
}

void Connection::Append(WireReply reply) {
  if (unsent_.empty()) {
    unsent_ = std::move(reply.bytes);
  } else {
    unsent_ += reply.bytes;
  }
  closing_ = closing_ || !reply.keep_alive;
}

bool Connection::Flush() {
  if (unsent_.empty()) return true;
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const IoResult put = transport_.Write(std::string_view(unsent_).substr(sent));
    if (put.status == IoStatus::kDone) {
      sent += put.bytes;
      continue;
    }
    if (put.status == IoStatus::kClosed) return End(), false;
    unsent_.erase(0, sent);
    if (state_ != State::kWriting) {
      state_ = State::kWriting;
      deadline_ = Now() + context_.options.write_timeout;
    }
    if (CountHeld()) Wait(put.status);
    return false;
  }
  std::string().swap(unsent_);
  if (state_ == State::kWriting) state_ = State::kReading;
  return true;
}

bool Connection::CountHeld() {
  const std::size_t of_request =
      framer_.held_bytes() > kSmallRequestBytes ? framer_.held_bytes() : 0;
  const std::size_t before = std::exchange(held_bytes_, unsent_.size() + of_request);
  if (held_bytes_ == before) return true;
  const std::size_t all = context_.held_bytes += held_bytes_ - before;
  if (held_bytes_ < before || all <= kMaxHeldBytes) return true;
  Count(RefusalCause::kMemory);
  return End(), false;
}

void Connection::SayGoodbye() {
  if (!Flush()) return;
  transport_.CloseWriting();
  // Closing a socket that holds unread bytes resets it, and the client may lose its reply.
  if (framer_.has_bytes() || transport_.HasPending() || transport_.HasUnread()) {
    state_ = State::kLingering;
    deadline_ = Now() + context_.options.goodbye_timeout;
    return Discard();
  }
  End();
}

void Connection::Discard() {
  for (int turn = 0; turn < kMaxDiscardsInATurn; ++turn) {
    const IoResult got = transport_.ReadRaw(loop_.scratch());
    if (got.status != IoStatus::kDone) return Wait(got.status);
  }
  End();  // it sends faster than anybody who only has not seen the goodbye yet
}

void Connection::End() {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  deadline_ = MonotonicTime::max();
  context_.held_bytes -= std::exchange(held_bytes_, 0);
  due_.reset();
  held_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
  place_ = {};
  context_.observer.OnConnectionClosed();
  on_end_(*this);
}

std::string Connection::ClientAddressOf(const FramedRequest& request) const {
  if (!peer_is_trusted_ || request.forwarded_for.empty()) return peer_text_;
  return ClientAddress(peer_, request.forwarded_for, context_.options.trusted_proxies).ToText();
}

}  // namespace rtcroom
