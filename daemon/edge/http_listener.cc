#include "daemon/edge/http_listener.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "daemon/edge/listening_socket.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr milliseconds kHandshakeTimeout = 5s;
constexpr milliseconds kWriteTimeout = 10s;
/// A connection that has sent nothing yet gives way to others only after this: a phone on a slow
/// network needs a moment after the handshake.
constexpr milliseconds kFirstRequestGrace = 500ms;
constexpr milliseconds kGoodbyeTimeout = 1s;
/// Before accepting again when the system is short of descriptors or memory.
constexpr milliseconds kShortagePause = 100ms;
constexpr std::size_t kMaxQueuedConnections = 1024;

// Signals are for the main thread, and a peer's reset must not end the process: OpenSSL
// writes without a way to ask for that on each call.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

HttpListener::HttpListener(HttpListenerOptions options, HttpHandler& handler, const Clock& clock,
                           Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      exchange_(handler, draining_),
      queue_(kMaxQueuedConnections) {}

HttpListener::~HttpListener() { Stop(0ms); }

Status HttpListener::Start() {
  if (!options_.tls_cert.empty() || !options_.tls_key.empty()) {
    Result<TlsContext> loaded = LoadTlsContext(options_.tls_cert, options_.tls_key);
    if (!loaded) return loaded.error();
    tls_ = *std::move(loaded);
  }
  Result<ListeningSocket> listening = Listen(options_.listen);
  if (!listening) return listening.error();
  stop_signal_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_signal_.valid()) {
    return Error{Errc::kUnavailable, "eventfd: " + std::generic_category().message(errno)};
  }
  listening_ = std::move(listening->socket);
  bound_address_ = std::move(listening->address);

  return StartThreads();
}

Status HttpListener::StartThreads() {
  try {
    workers_.reserve(options_.workers);
    for (std::size_t i = 0; i < options_.workers; ++i) {
      workers_.emplace_back([this] { ServeConnections(); });
      ++running_workers_;
    }
    acceptor_ = std::jthread([this] { AcceptConnections(); });
    return {};
  } catch (const std::system_error& problem) {
    // The workers that there are wait for connections and would never be joined.
    Stop(0ms);
    return Error{Errc::kUnavailable, fmt::format("{}: cannot start {} workers: {}", options_.listen,
                                                 options_.workers, problem.code().message())};
  }
}

void HttpListener::Stop(milliseconds drain_timeout) {
  if (workers_.empty()) return;
  const MonotonicTime deadline = clock_.Monotonic() + drain_timeout;
  draining_ = true;
  eventfd_write(stop_signal_.get(), 1);
  if (acceptor_.joinable()) acceptor_.join();
  listening_ = FileDescriptor();  // newcomers are refused from here on, not kept waiting
  queue_.Close();
  while (running_workers_ > 0 && clock_.Monotonic() < deadline) {
    poll(nullptr, 0, 5);  // rare and short, so not worth a condition that each worker signals
  }
  aborting_ = true;
  workers_.clear();  // joins
}

void HttpListener::AcceptConnections() {
  BlockSignals();
  milliseconds pause = 0ms;
  bool is_short = false;  // told once, not on each try
  while (!draining_) {
    std::array<pollfd, 2> entries = {{
        {.fd = stop_signal_.get(), .events = POLLIN, .revents = 0},
        // A negative descriptor is passed over: in a shortage the socket stays readable.
        {.fd = pause > 0ms ? -1 : listening_.get(), .events = POLLIN, .revents = 0},
    }};
    poll(entries.data(), entries.size(), pause > 0ms ? static_cast<int>(pause.count()) : -1);
    pause = 0ms;
    AcceptedSocket accepted = Accept(listening_);
    const int error = errno;
    if (accepted.socket.valid()) {
      queue_.Push(std::move(accepted));
      is_short = false;
    } else if (IsShortage(error)) {
      pause = kShortagePause;
      if (std::exchange(is_short, true)) continue;
      logger_.Warn("accept_failed", {{"listen", bound_address_},
                                     {"reason", std::generic_category().message(error)}});
    }
  }
}

void HttpListener::ServeConnections() {
  BlockSignals();
  while (std::optional<AcceptedSocket> accepted = queue_.Pop()) {
    Connection connection(*std::move(accepted), tls_.get(), clock_, aborting_);
    Serve(connection);
  }
  --running_workers_;
}

void HttpListener::Serve(Connection& connection) {
  if (connection.Handshake(clock_.Monotonic() + kHandshakeTimeout) != Connection::Outcome::kDone) {
    return;
  }
  RequestFramer framer(options_.max_body_bytes);
  Next next = Next::kFirstRequest;
  After after = After::kKeepOpen;
  while (after == After::kKeepOpen && (framer.has_bytes() || AwaitRequest(connection, next))) {
    after = ServeRequest(connection, framer);
    next = Next::kRequest;
  }
  connection.SayGoodbye();
  // Closing a socket that holds unread bytes resets it, and the client may lose its reply.
  const bool has_unread =
      after == After::kEndUnread ||
      (after == After::kEnd &&
       (framer.has_bytes() || connection.WaitForBytes(0ms) == Connection::Outcome::kDone));
  if (has_unread) connection.DiscardRest(clock_.Monotonic() + kGoodbyeTimeout);
}

bool HttpListener::AwaitRequest(Connection& connection, Next waiting_for) {
  const bool is_idle = waiting_for == Next::kRequest;
  const MonotonicTime begun = clock_.Monotonic();
  const MonotonicTime deadline =
      begun + (is_idle ? options_.idle_timeout : options_.request_timeout);
  while (true) {
    // While draining, what has arrived is still answered, but nothing is waited for.
    const bool last_look = draining_;
    const Connection::Outcome outcome =
        connection.WaitForBytes(last_look ? 0ms : Connection::kWaitSlice);
    if (outcome != Connection::Outcome::kTimeout) return outcome == Connection::Outcome::kDone;
    if (last_look || clock_.Monotonic() >= deadline) return false;
    const bool may_go = is_idle || clock_.Monotonic() - begun >= kFirstRequestGrace;
    if (may_go && queue_.ShouldGiveWay()) return false;
  }
}

HttpListener::After HttpListener::ServeRequest(Connection& connection, RequestFramer& framer) {
  using Progress = RequestFramer::Progress;
  const MonotonicTime deadline = clock_.Monotonic() + options_.request_timeout;
  std::string bytes;
  Progress progress = framer.Feed({});
  while (progress == Progress::kNeedMore || progress == Progress::kContinue) {
    if (progress == Progress::kContinue) {
      const auto sent = connection.Write("HTTP/1.1 100 Continue\r\n\r\n", deadline);
      if (sent != Connection::Outcome::kDone) return After::kEnd;
    }
    bytes.clear();
    const Connection::Outcome outcome = connection.Read(bytes, deadline);
    if (outcome == Connection::Outcome::kTimeout && framer.has_bytes()) {
      return Refuse(connection, 408, "too slow");
    }
    if (outcome != Connection::Outcome::kDone) return After::kEnd;
    progress = framer.Feed(bytes);
  }
  if (progress == Progress::kRefused) return Refuse(connection, framer.refusal(), "framing");

  FramedRequest request = framer.Take();
  // A client that never pauses must not keep others from a worker.
  request.keep_alive = request.keep_alive && !queue_.ShouldGiveWay();
  const bool was_kept_alive = request.keep_alive;
  const std::string reply = exchange_.Answer(std::move(request), connection.peer_address());
  const Connection::Outcome written = connection.Write(reply, clock_.Monotonic() + kWriteTimeout);
  const bool keeps_open = written == Connection::Outcome::kDone && was_kept_alive && !draining_;
  return keeps_open ? After::kKeepOpen : After::kEnd;
}

HttpListener::After HttpListener::Refuse(Connection& connection, int status,
                                         const std::string& reason) {
  const std::string reply = exchange_.Refuse(status, reason);
  // Whether it arrives or not, the connection ends.
  (void)connection.Write(reply, clock_.Monotonic() + kWriteTimeout);
  return After::kEndUnread;
}

}  // namespace rtcroom
