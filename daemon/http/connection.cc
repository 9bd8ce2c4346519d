#include "daemon/http/connection.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <span>
#include <utility>

#include "daemon/http/proxy_header.h"

namespace rtcroom {
namespace {

/// Reads, and answers to pipelined requests, before the loop serves other connections.
constexpr int kReadsInATurn = 4;
constexpr int kAnswersInATurn = 16;
/// Replies to pipelined requests that are collected before they are written.
constexpr std::size_t kEnoughToWrite = 65'536;
/// Maximum reads in one turn from a client that keeps sending after the last reply.
constexpr int kMaxDiscardsInATurn = 64;

constexpr ResponseFormat kEndOfConnection = {};

/// 0 for little, which counts for every connection.
constexpr std::size_t BeyondSmall(std::size_t bytes) {
  return bytes > kSmallRequestBytes ? bytes : 0;
}

}  // namespace

Connection::Connection(ConnectionContext& context, EventLoop& loop, FileDescriptor socket,
                       const IpAddress& peer, ConnectionLimiter::Slot slot, ConnectionOwner& owner)
    : context_(context),
      loop_(loop),
      socket_(loop.context(), socket.get()),
      transport_(socket.Release()),
      peer_(peer),
      peer_text_(peer.ToText()),
      peer_is_trusted_(context.options.trusted_proxies.Contains(peer)),
      slot_(std::move(slot)),
      owner_(owner),
      framer_(context.options.max_body_bytes, context.options.kept_headers),
      memory_(context.held) {
  ++context_.counts.opened;
}

Connection::~Connection() = default;

std::size_t Connection::FirstBytes(bool has_tls) {
  return kConnectionBytes + (has_tls ? Transport::kHandshakeBytes : 0);
}

void Connection::Begin(std::shared_ptr<ssl_ctx_st> tls) {
  tls_ = std::move(tls);
  requested_at_ = Now();
  deadline_ = requested_at_ + context_.options.handshake_timeout;
  if (!memory_.Begin(FirstBytes(tls_ != nullptr))) {
    Count(RefusalCause::kMemory);
    return End();
  }
  if (!context_.options.proxy_protocol) return Guarded(&Connection::Secure);
  if (!context_.options.trusted_proxies.empty() && !peer_is_trusted_) {
    Count(RefusalCause::kUntrustedPeer);
    return End();
  }
  Guarded(&Connection::ReadProxy);
}

void Connection::CheckDeadline(MonotonicTime now) {
  MeasureMemory();
  if (now < deadline_) return;
  switch (state_) {
    case State::kProxyHeader:
      return RefuseProxyHeader();
    case State::kHandshake:
      Count(RefusalCause::kHandshakeTimeout);
      return End();
    case State::kReading:
      if (framer_.has_bytes()) {
        return Guarded([](Connection& self) { self.Refuse(408, RefusalCause::kRequestTimeout); });
      }
      return Cut();  // idle: no reply, since there is no request
    case State::kStreaming:
      if (!stream_->is_blocked) return Cut();  // a silent client, like an idle one
      [[fallthrough]];
    case State::kWriting:
      Count(RefusalCause::kWriteTimeout);
      return Cut();
    case State::kLingering:
      // The kernel sends the rest after the end of the process, too.
      if (system_memory_ == 0 || context_.draining) return End();
      if (now < lingers_until_) return;
      Count(RefusalCause::kWriteTimeout);
      return Cut();
    case State::kHeld:
    case State::kDispatched:
    case State::kEnded:
      return;
  }
}

bool Connection::WaitsForClient() const {
  switch (state_) {
    case State::kProxyHeader:
    case State::kHandshake:
    case State::kReading:
    case State::kWriting:
    case State::kLingering:
      return true;
    case State::kStreaming:
      return stream_ && stream_->is_blocked;
    case State::kHeld:
    case State::kDispatched:
    case State::kEnded:
      return false;
  }
  return false;
}

void Connection::Drain() {
  if (state_ == State::kStreaming) return Guarded(&Connection::DrainStream);
  if (state_ != State::kReading || framer_.has_bytes()) return;  // closes after its reply
  deadline_ = std::min(deadline_, Now() + context_.options.first_request_grace);
  Guarded(&Connection::EndIfIdle);
}

void Connection::EndIfIdle() {
  if (answered_ && !framer_.has_bytes() && !transport_.HasPending() && !transport_.HasUnread()) {
    CloseGracefully();
  }
}

void Connection::Abort() {
  aborted_ = true;
  if (state_ != State::kDispatched) return End();
  Guarded(&Connection::LookForEnd);
}

void Connection::Displace() {
  Count(RefusalCause::kMemory);
  transport_.DropUnsent();
  Abort();
}

void Connection::Resume() {
  switch (state_) {
    case State::kProxyHeader:
      return ReadProxy();
    case State::kHandshake:
      return ContinueHandshake();
    case State::kReading:
      return ReadRequests();
    case State::kWriting:
      return Continue();
    case State::kStreaming:
      return ReadStream();
    case State::kLingering:
      return Discard();
    case State::kDispatched:  // the client sends on, or is gone: read after the reply
      return LookForEnd();
    case State::kHeld:
    case State::kEnded:
      return;
  }
}

void Connection::LookForEnd() {
  // Until its handler has returned, a worker owns the transport.
  if (!on_closed_ || progress_ != ReplyProgress::kReturned) return;
  IoStatus status = IoStatus::kClosed;
  if (state_ == State::kDispatched && !aborted_) {
    if (waits_to_read_) return;
    status = transport_.Peek();
    if (!CountMemory()) return;             // TLS may hold a part of a record
    if (status == IoStatus::kDone) return;  // a further request: a wait would end at once
    if (status != IoStatus::kClosed) return Wait(status);
  }
  std::exchange(on_closed_, nullptr)();
}

void Connection::Wait(IoStatus for_what) {
  if (for_what == IoStatus::kClosed) return EndWhenTaken();
  if (for_what == IoStatus::kWantRead) return WaitToRead();
  WaitToWrite();
}

void Connection::WaitToRead() {
  if (std::exchange(waits_to_read_, true)) return;
  socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [self = shared_from_this()](const auto& error) {
                       self->waits_to_read_ = false;
                       // A cancelled wait: already closed.
                       if (!error) self->Guarded(&Connection::Resume);
                     });
}

void Connection::WaitToWrite() {
  if (std::exchange(waits_to_write_, true)) return;
  socket_.async_wait(boost::asio::posix::descriptor_base::wait_write,
                     [self = shared_from_this()](const auto& error) {
                       self->waits_to_write_ = false;
                       if (error) return;
                       const bool is_stream = self->state_ == State::kStreaming;
                       self->Guarded(is_stream ? &Connection::FlushStream : &Connection::Resume);
                     });
}

void Connection::ReadProxy() {
  // Reads no further than the header: the bytes that follow belong to TLS.
  while (true) {
    const ProxyHeader header = ReadProxyHeader(proxy_header_);
    if (header.progress == ProxyHeader::Progress::kInvalid) return RefuseProxyHeader();
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

void Connection::RefuseProxyHeader() {
  Count(RefusalCause::kProxyHeader);
  context_.refused_proxy_headers.Record(peer_text_, proxy_header_);
  End();
}

void Connection::Secure() {
  if (!peer_is_trusted_) {
    if (const std::optional<RefusalCause> refused = slot_.AssignAddress(peer_)) {
      Count(*refused);
      return End();
    }
  }
  if (!tls_) return BeginReading();
  // The session keeps its settings alive: a reload affects later connections only.
  if (!transport_.Secure(*std::exchange(tls_, nullptr))) return End();
  state_ = State::kHandshake;
  ContinueHandshake();
}

void Connection::ContinueHandshake() {
  const IoStatus status = transport_.Handshake();
  if (transport_.is_plain_http()) {
    state_ = State::kReading;
    return Refuse(400, RefusalCause::kPlainHttp);
  }
  if (status == IoStatus::kClosed) Count(RefusalCause::kHandshake);
  if (status != IoStatus::kDone) return Wait(status);
  ++context_.counts.handshakes;
  BeginReading();
}

void Connection::BeginReading() {
  slot_.EndHandshake();
  state_ = State::kReading;
  deadline_ = Now() + IdleTimeout();
  if (CountMemory()) ReadRequests();
}

std::chrono::milliseconds Connection::IdleTimeout() const {
  return context_.draining ? context_.options.first_request_grace : context_.options.idle_timeout;
}

void Connection::ReadRequests() {
  for (int turn = 0; turn < kReadsInATurn; ++turn) {
    const std::span<char> room = loop_.scratch();
    const IoResult got = transport_.Read(room);
    if (got.status == IoStatus::kWantRead && context_.draining && answered_ &&
        !framer_.has_bytes()) {
      return CloseGracefully();  // the readable bytes held no request data
    }
    if (got.status != IoStatus::kDone) {
      if (CountMemory()) Wait(got.status);  // TLS may hold a part of a record
      return;
    }
    AppendReceived({room.data(), got.bytes});
    if (state_ != State::kReading) return;
    // Later bytes make the socket readable again, unless TLS has already buffered them.
    if (got.bytes < room.size() && !transport_.HasPending()) return Wait(IoStatus::kWantRead);
  }
  loop_.Post([self = shared_from_this()] { self->Guarded(&Connection::Resume); });
}

void Connection::AppendReceived(std::string_view bytes) {
  using Progress = RequestFramer::Progress;
  const MonotonicTime now = Now();
  Progress progress = framer_.Feed(bytes, now);
  for (int answers = 0; progress == Progress::kComplete; ++answers) {
    if (answers == kAnswersInATurn) return YieldToLoop();
    requested_at_ = now;
    Serve({.request = framer_.Take()});
    if (state_ != State::kReading) return;
    if (outbox_.closes()) return CloseGracefully();
    if (outbox_.size() >= kEnoughToWrite && !Flush()) return;
    progress = framer_.Feed({}, now);
  }
  if (progress == Progress::kRefused) return Refuse(framer_.refusal(), RefusalCause::kFraming);
  if (progress == Progress::kContinue) outbox_.AppendInterim("HTTP/1.1 100 Continue\r\n\r\n");
  if (!Flush()) return;
  deadline_ = framer_.has_bytes() ? framer_.begun_at() + context_.options.request_timeout
                                  : now + IdleTimeout();
  // A reply written while draining closes the connection; this one has not sent such a reply.
  if (context_.draining) EndIfIdle();
}

void Connection::YieldToLoop() {
  // In this state nothing is read, and no deadline or stop ends the connection.
  state_ = State::kDispatched;
  loop_.Post([self = shared_from_this()] {
    if (self->state_ != State::kDispatched) return;
    self->state_ = State::kReading;
    if (self->aborted_) return self->End();
    self->Guarded(&Connection::Continue);
  });
}

void Connection::Continue() {
  if (!Flush()) return;
  if (held_) {
    RunHeld();
    if (state_ != State::kReading || !Flush()) return;
  }
  if (outbox_.closes()) return CloseGracefully();
  AppendReceived({});
  if (state_ != State::kReading) return;
  if (transport_.HasPending()) return ReadRequests();
  Wait(IoStatus::kWantRead);
}

void Connection::Refuse(int status, RefusalCause cause) {
  Count(cause);
  const std::string_view name = kRefusalCauses.at(static_cast<std::size_t>(cause)).name;
  outbox_.Append(Encode(kEndOfConnection, context_.handler.Refuse(status, std::string(name))));
  CloseGracefully();
}

bool Connection::Flush() {
  const IoStatus status = outbox_.Flush(transport_);
  if (status == IoStatus::kDone) {
    if (state_ == State::kWriting) state_ = State::kReading;
    return CountMemory();
  }
  if (status != IoStatus::kClosed && state_ != State::kWriting) {
    state_ = State::kWriting;
    deadline_ = Now() + context_.options.write_timeout;
  }
  if (CountMemory()) Wait(status);
  return false;
}

bool Connection::CountMemory() {
  if (system_memory_ > 0 || WasSentMuch()) {
    system_memory_ = BeyondSmall(transport_.MeasureSystem());
  }
  if (TakeMemory(HeldMemory())) return true;
  Count(RefusalCause::kMemory);
  return Cut(), false;
}

// Returns false when the connection has to end. One that holds little goes on: others end for it.
bool Connection::TakeMemory(std::size_t bytes) {
  if (Reserve(bytes)) return true;
  if (bytes > kMuchBytes) return false;
  owner_.OnMemoryLack();
  return true;
}

bool Connection::Reserve(std::size_t bytes) {
  const MemoryTotal& all = context_.held;
  return memory_.Set(bytes, bytes > kMuchBytes ? all.most_for_greedy() : all.most);
}

std::size_t Connection::HeldMemory() const {
  const std::size_t of_held = held_ ? held_->call.request.body.capacity() : 0;
  const std::size_t of_stream = stream_ ? stream_->held_by_owner : 0;
  return kConnectionBytes + transport_.held_memory() + (outbox_.empty() ? 0 : outbox_.capacity()) +
         BeyondSmall(framer_.held_memory()) + BeyondSmall(of_held) + BeyondSmall(call_memory_) +
         of_stream + system_memory_;
}

// A connection that reads, or waits for bytes meanwhile, has more in the kernel only where it sent
// much, or was sent much.
void Connection::MeasureMemory() {
  if (state_ == State::kEnded) return;
  const bool is_busy = state_ == State::kDispatched;
  // Until its handler has returned, a worker owns the transport.
  if (is_busy && is_on_worker_ && progress_ != ReplyProgress::kReturned) return;
  const bool is_unread = (is_busy && !waits_to_read_) || state_ == State::kHeld ||
                         state_ == State::kWriting ||
                         (state_ == State::kStreaming && !stream_->is_reading);
  if (!is_unread && !WasSentMuch() && system_memory_ == 0) return;
  system_memory_ = BeyondSmall(transport_.MeasureSystem());
  if (TakeMemory(HeldMemory())) return;
  Count(RefusalCause::kMemory);
  aborted_ = true;  // for the steps that are under way
  Cut();
}

void Connection::CloseGracefully() {
  if (!Flush()) return;
  transport_.CloseWriting();
  // Closing a socket with unread bytes resets it, and the client may lose its reply. What the
  // client has not taken yet stays in the kernel, and is counted until then.
  const bool is_counted = system_memory_ > 0 && !context_.draining;
  if (is_counted || framer_.has_bytes() || transport_.HasPending() || transport_.HasUnread()) {
    return Linger();
  }
  End();
}

void Connection::Linger() {
  state_ = State::kLingering;
  deadline_ = Now() + context_.options.close_timeout;
  lingers_until_ = Now() + context_.options.write_timeout;
  Discard();
}

void Connection::Discard() {
  for (int turn = 0; turn < kMaxDiscardsInATurn; ++turn) {
    const IoResult got = transport_.ReadRaw(loop_.scratch());
    if (got.status != IoStatus::kDone) return Wait(got.status);
  }
  Cut();  // the client sends more than data in transit at the close could explain
}

// The client sends no more. It may have closed only its own side, and still read.
void Connection::EndWhenTaken() {
  if (state_ == State::kEnded) return;
  system_memory_ = BeyondSmall(transport_.MeasureSystem());
  if (system_memory_ == 0 || context_.draining) return End();
  deadline_ = Now();  // at the next check: nothing else is waited for
  if (state_ != State::kLingering) {
    state_ = State::kLingering;
    lingers_until_ = deadline_ + context_.options.write_timeout;
    LeaveStream();
    outbox_ = {};
  }
  (void)CountMemory();
}

// Ends, and discards what the client has not taken, which the kernel would keep for minutes.
void Connection::Cut() {
  if (system_memory_ > 0 || !outbox_.empty()) transport_.DropUnsent();
  End();
}

void Connection::End() {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  deadline_ = MonotonicTime::max();
  (void)memory_.Set(0);
  due_.reset();
  held_.reset();
  LeaveStream();
  boost::system::error_code failed;
  failed = socket_.close(failed);  // a failure has no remedy
  slot_ = {};
  ++context_.counts.closed;
  owner_.OnConnectionEnd(*this);
  LookForEnd();
}

}  // namespace rtcroom
