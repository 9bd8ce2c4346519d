#include "daemon/grpc/relay.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include <sys/socket.h>

namespace rtcroom {
namespace {

/// Before other connections have their turn.
constexpr int kStepsInATurn = 8;

/// Read from a client at once: it costs us at least as much as the client.
constexpr std::size_t kMostOfAClient = 16'384;

/// A pause has a timer, and lets through at once what has become due in its time.
constexpr std::chrono::milliseconds kShortestPause{5};

/// Between this process and itself: what does not fit waits where it is bounded.
constexpr int kPairBufferBytes = 131'072;

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

void SetBuffers(int socket) {
  // Where it is refused, the system's own sizes do.
  (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kPairBufferBytes, sizeof(kPairBufferBytes));
}

}  // namespace

Relay::Relay(RelayContext& context, FileDescriptor client, std::function<void(Relay&)> on_end)
    : context_(context),
      client_(context.loop.context(), client.get()),
      server_(context.loop.context()),
      transport_(client.Release()),
      on_end_(std::move(on_end)),
      guard_(context.budget),
      deadline_(context.clock.Monotonic() + context.timeouts.handshake),
      pause_(context.loop.context()) {
  context_.observer.OnConnectionOpened();
}

Relay::~Relay() = default;

void Relay::Begin(const std::shared_ptr<ssl_ctx_st>& tls) {
  if (!tls) {
    state_ = State::kPreface;
  } else if (!transport_.Secure(*tls)) {
    return Refuse(RefusalCause::kMemory, "no memory for TLS");
  }
  Run();
}

void Relay::CheckDeadline(MonotonicTime now) {
  if (now < deadline_) return;
  switch (state_) {
    case State::kHandshake:
      return Refuse(RefusalCause::kHandshakeTimeout, "no TLS in time");
    case State::kPreface:
      return Refuse(RefusalCause::kHandshakeTimeout, "no HTTP/2 in time");
    case State::kOpen:
      context_.observer.OnRefusal(RefusalCause::kWriteTimeout);
      return LoseClient();
    case State::kGoodbye:
    case State::kLeaving:
      return End();
    case State::kEnded:
      return;
  }
}

void Relay::EndIfIdle() {
  if (state_ == State::kHandshake || state_ == State::kPreface) return End();
  const bool is_idle = guard_.open_streams() == 0 && from_server_.empty();
  if (state_ == State::kOpen && is_idle) {
    LoseServer();
    Run();
  }
}

void Relay::Run() {
  try {
    Step();
  } catch (const std::exception&) {
    context_.observer.OnRefusal(RefusalCause::kMemory);
    End();
  }
}

void Relay::Step() {
  if (state_ == State::kHandshake) ShakeHands();
  for (int step = 0; step < kStepsInATurn; ++step) {
    bool goes_on = false;
    switch (state_) {
      case State::kHandshake:
        return;
      case State::kPreface:
        goes_on = PassOnFromClient() || state_ == State::kOpen;
        break;
      case State::kOpen:
        goes_on = PassOnFromClient();
        if (state_ == State::kOpen) goes_on |= PassOnFromServer();
        break;
      case State::kGoodbye:
        goes_on = DiscardFromClient();
        break;
      case State::kLeaving:
        goes_on = DiscardFromServer();
        break;
      case State::kEnded:
        return;
    }
    if (!goes_on) return;
  }
  context_.loop.Post([self = shared_from_this()] { self->Run(); });
}

void Relay::ShakeHands() {
  const IoStatus status = transport_.Handshake();
  if (status == IoStatus::kDone) {
    context_.observer.OnHandshake();
    state_ = State::kPreface;
  } else if (status == IoStatus::kClosed) {
    Refuse(RefusalCause::kHandshake, "no agreement on TLS");
  } else {
    AwaitClient(status);
  }
}

bool Relay::PassOnFromClient() {
  if (state_ == State::kPreface && guard_.has_begun()) ConnectToServer();
  if (state_ == State::kOpen && approved_ > 0 && !WriteToServer()) return false;
  if (is_paused_ || state_ == State::kEnded) return false;
  if (from_client_.size() > approved_) {
    const Http2Guard::Passage passage =
        guard_.FromClient(std::string_view(from_client_).substr(approved_), Now());
    approved_ += passage.bytes;
    if (!passage.refusal.empty()) {
      Refuse(RefusalCause::kFraming, passage.refusal);
      return false;
    }
    if (passage.wait.count() > 0) Pause(passage.wait);
    if (passage.bytes > 0) return true;
    if (is_paused_) return false;
  }
  const std::span<char> scratch = std::span(context_.scratch).first(kMostOfAClient);
  const IoResult got = transport_.Read(scratch);
  if (got.status == IoStatus::kDone) {
    from_client_.append(scratch.data(), got.bytes);
    return true;
  }
  if (got.status == IoStatus::kClosed) {
    LoseClient();
    return state_ == State::kLeaving;
  }
  AwaitClient(got.status);
  return false;
}

bool Relay::WriteToServer() {
  const ssize_t put = send(server_.native_handle(), from_client_.data(), approved_, MSG_NOSIGNAL);
  if (put > 0) {
    from_client_.erase(0, static_cast<std::size_t>(put));
    approved_ -= static_cast<std::size_t>(put);
    return true;
  }
  // Any other failure is the end of gRPC's side, which whoever reads from it finds out.
  if (WouldBlock()) Await(server_writes_);
  return false;
}

bool Relay::PassOnFromServer() {
  if (!from_server_.empty()) {
    const std::string waiting = std::exchange(from_server_, {});
    return WriteToClient(waiting);
  }
  const std::span<char> scratch(context_.scratch);
  const ssize_t got = recv(server_.native_handle(), scratch.data(), scratch.size(), 0);
  if (got > 0) {
    const std::string_view bytes(scratch.data(), static_cast<std::size_t>(got));
    guard_.FromServer(bytes);
    return WriteToClient(bytes);
  }
  if (got < 0 && WouldBlock()) {
    Await(server_reads_);
    return false;
  }
  LoseServer();
  return true;
}

bool Relay::WriteToClient(std::string_view bytes) {
  while (!bytes.empty()) {
    const IoResult put = transport_.Write(bytes);
    if (put.status == IoStatus::kClosed) {
      LoseClient();
      return true;
    }
    if (put.status != IoStatus::kDone) {
      // The client has its time from the moment that it last took something.
      from_server_.assign(bytes);
      if (deadline_ == MonotonicTime::max()) deadline_ = Now() + context_.timeouts.write;
      AwaitClient(put.status);
      return false;
    }
    deadline_ = MonotonicTime::max();
    bytes.remove_prefix(put.bytes);
  }
  return true;
}

bool Relay::DiscardFromClient() {
  const IoResult got = transport_.Read(context_.scratch);
  if (got.status == IoStatus::kDone) return true;
  if (got.status == IoStatus::kClosed) {
    End();
  } else {
    AwaitClient(got.status);
  }
  return false;
}

bool Relay::DiscardFromServer() {
  const std::span<char> scratch(context_.scratch);
  const ssize_t got = recv(server_.native_handle(), scratch.data(), scratch.size(), 0);
  if (got > 0) return true;
  if (got < 0 && WouldBlock()) {
    Await(server_reads_);
  } else {
    End();
  }
  return false;
}

void Relay::ConnectToServer() {
  if (!context_.serve) return End();
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Refuse(RefusalCause::kDescriptors, "no descriptors left");
  }
  FileDescriptor ours(ends[0]);
  FileDescriptor theirs(ends[1]);
  SetBuffers(ours.get());
  SetBuffers(theirs.get());
  server_.assign(ours.get());
  (void)ours.Release();
  state_ = State::kOpen;
  deadline_ = MonotonicTime::max();
  context_.serve(std::move(theirs));
}

void Relay::Pause(std::chrono::nanoseconds span) {
  is_paused_ = true;
  context_.observer.OnRefusal(RefusalCause::kPaced);
  pause_.expires_after(std::max<std::chrono::nanoseconds>(span, kShortestPause));
  pause_.async_wait([self = shared_from_this()](const auto& error) {
    if (error) return;
    self->is_paused_ = false;
    self->Run();
  });
}

void Relay::Await(Readiness& readiness) {
  if (std::exchange(readiness.is_awaited, true)) return;
  readiness.descriptor.async_wait(readiness.what,
                                  [self = shared_from_this(), &readiness](const auto& error) {
                                    readiness.is_awaited = false;
                                    if (!error)
                                      self->Run();  // what was cancelled has ended already
                                  });
}

void Relay::AwaitClient(IoStatus status) {
  Await(status == IoStatus::kWantWrite ? client_writes_ : client_reads_);
}

void Relay::LoseClient() {
  if (state_ != State::kOpen) return End();
  state_ = State::kLeaving;
  deadline_ = Now() + context_.timeouts.goodbye;
  boost::system::error_code ignored;
  (void)client_.close(ignored);
  pause_.cancel();
  shutdown(server_.native_handle(), SHUT_WR);
  Await(server_reads_);
}

void Relay::LoseServer() {
  state_ = State::kGoodbye;
  deadline_ = Now() + context_.timeouts.goodbye;
  boost::system::error_code ignored;
  (void)server_.close(ignored);
  pause_.cancel();
  transport_.CloseWriting();
}

void Relay::Refuse(RefusalCause cause, std::string_view reason) {
  context_.observer.OnRefusal(cause);
  context_.logger.Debug("grpc_connection_refused", {{"reason", reason}});
  LoseClient();
}

void Relay::End() {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  boost::system::error_code ignored;
  (void)client_.close(ignored);
  (void)server_.close(ignored);
  pause_.cancel();
  context_.observer.OnConnectionClosed();
  on_end_(*this);
}

}  // namespace rtcroom
