#include "daemon/edge/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

namespace rtcroom {
namespace {

constexpr std::size_t kReadBytes = 16384;
/// Most that `DiscardRest` takes in from a client that does not stop sending.
constexpr std::size_t kMaxDiscardedBytes = 1 << 20;

int PollOne(int socket, short events, std::chrono::milliseconds at_most) {
  pollfd entry{.fd = socket, .events = events, .revents = 0};
  return poll(&entry, 1, static_cast<int>(at_most.count()));
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

void Connection::TlsDeleter::operator()(ssl_st* tls) const { SSL_free(tls); }

Connection::Connection(AcceptedSocket accepted, ssl_ctx_st* tls, const Clock& clock,
                       const std::atomic<bool>& abort)
    : accepted_(std::move(accepted)),
      is_secured_(tls != nullptr),
      tls_(tls == nullptr ? nullptr : SSL_new(tls)),
      clock_(clock),
      abort_(abort) {
  if (tls_) SSL_set_fd(tls_.get(), accepted_.socket.get());
}

Connection::~Connection() = default;

Connection::Outcome Connection::Handshake(MonotonicTime deadline) {
  if (!is_secured_) return Outcome::kDone;
  if (!tls_) return Outcome::kClosed;
  while (true) {
    ERR_clear_error();
    const int result = SSL_accept(tls_.get());
    if (result == 1) return Outcome::kDone;
    const Outcome waited = WaitForTls(result, deadline);
    if (waited != Outcome::kDone) return waited;
  }
}

Connection::Outcome Connection::WaitForBytes(std::chrono::milliseconds at_most) {
  if (tls_ && SSL_pending(tls_.get()) > 0) return Outcome::kDone;
  const int ready = PollOne(accepted_.socket.get(), POLLIN, std::min(at_most, kWaitSlice));
  if (abort_ || (ready < 0 && errno != EINTR)) return Outcome::kClosed;
  return ready > 0 ? Outcome::kDone : Outcome::kTimeout;
}

Connection::Outcome Connection::Read(std::string& into, MonotonicTime deadline) {
  return tls_ ? ReadTls(into, deadline) : ReadPlain(into, deadline);
}

Connection::Outcome Connection::Write(std::string_view bytes, MonotonicTime deadline) {
  return tls_ ? WriteTls(bytes, deadline) : WritePlain(bytes, deadline);
}

void Connection::SayGoodbye() {
  // One try: the reply is out, and a peer that reads slowly only misses the goodbye.
  if (tls_) SSL_shutdown(tls_.get());
  ERR_clear_error();
  shutdown(accepted_.socket.get(), SHUT_WR);
}

void Connection::DiscardRest(MonotonicTime deadline) {
  std::array<char, kReadBytes> discarded;
  std::size_t total = 0;
  while (total < kMaxDiscardedBytes) {
    const ssize_t got = recv(accepted_.socket.get(), discarded.data(), discarded.size(), 0);
    if (got > 0) {
      total += static_cast<std::size_t>(got);
    } else if (got == 0 || !WouldBlock() || WaitFor(POLLIN, deadline) != Outcome::kDone) {
      return;
    }
  }
}

Connection::Outcome Connection::WaitFor(short events, MonotonicTime deadline) {
  while (!abort_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.Monotonic());
    if (left.count() <= 0) return Outcome::kTimeout;
    const int ready = PollOne(accepted_.socket.get(), events, std::min(left, kWaitSlice));
    if (ready > 0) return Outcome::kDone;
    if (ready < 0 && errno != EINTR) return Outcome::kClosed;
  }
  return Outcome::kClosed;
}

Connection::Outcome Connection::WaitForTls(int result, MonotonicTime deadline) {
  const int reason = SSL_get_error(tls_.get(), result);
  if (reason == SSL_ERROR_WANT_READ) return WaitFor(POLLIN, deadline);
  if (reason == SSL_ERROR_WANT_WRITE) return WaitFor(POLLOUT, deadline);
  return Outcome::kClosed;
}

Connection::Outcome Connection::ReadPlain(std::string& into, MonotonicTime deadline) {
  std::array<char, kReadBytes> bytes;
  while (true) {
    const ssize_t got = recv(accepted_.socket.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) {
      into.append(bytes.data(), static_cast<std::size_t>(got));
      return Outcome::kDone;
    }
    if (got == 0 || (!WouldBlock() && errno != EINTR)) return Outcome::kClosed;
    const Outcome waited = WaitFor(POLLIN, deadline);
    if (waited != Outcome::kDone) return waited;
  }
}

Connection::Outcome Connection::ReadTls(std::string& into, MonotonicTime deadline) {
  std::array<char, kReadBytes> bytes;
  while (true) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(tls_.get(), bytes.data(), bytes.size(), &got);
    if (result == 1) {
      into.append(bytes.data(), got);
      return Outcome::kDone;
    }
    const Outcome waited = WaitForTls(result, deadline);
    if (waited != Outcome::kDone) return waited;
  }
}

Connection::Outcome Connection::WritePlain(std::string_view bytes, MonotonicTime deadline) {
  while (!bytes.empty()) {
    const ssize_t put = send(accepted_.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
      continue;
    }
    if (!WouldBlock() && errno != EINTR) return Outcome::kClosed;
    const Outcome waited = WaitFor(POLLOUT, deadline);
    if (waited != Outcome::kDone) return waited;
  }
  return Outcome::kDone;
}

Connection::Outcome Connection::WriteTls(std::string_view bytes, MonotonicTime deadline) {
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t put = 0;
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &put);
    if (result == 1) {
      bytes.remove_prefix(put);
      continue;
    }
    const Outcome waited = WaitForTls(result, deadline);
    if (waited != Outcome::kDone) return waited;
  }
  return Outcome::kDone;
}

}  // namespace rtcroom
