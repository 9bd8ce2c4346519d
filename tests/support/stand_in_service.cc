#include "tests/support/stand_in_service.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "daemon/base/openssl_ptr.h"

namespace rtcroom {
namespace {

using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;

/// Length of a request that starts with `begun`; 0 while its head is incomplete.
std::size_t RequestLength(std::string_view begun) {
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t head_end = begun.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return 0;
  const std::size_t field = begun.substr(0, head_end).find(kLength);
  std::size_t body = 0;
  if (field != std::string_view::npos) {
    const std::string_view digits = begun.substr(field + kLength.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), body);
  }
  return head_end + 4 + body;
}

/// A client that rejects the certificate closes while the server still writes.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

std::string HttpAnswer(const std::string& status, const std::string& body,
                       const std::string& headers) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, headers, body.size(),
                     body);
}

StandInService::StandInService(Answer answer, SSL_CTX* tls)
    : answer_(std::move(answer)), tls_(tls) {
  Listen();
}

StandInService::~StandInService() { CutOff(); }

void StandInService::GoDown() {
  CutOff();
  listener_.reset();
}

void StandInService::GoUp() { Listen(); }

void StandInService::Listen() {
  listener_.emplace(LoopbackSocket::Bind(holder_.Port()));
  listener_->BeginToListen();
  accepting_ = std::jthread([this] { Accept(); });
}

void StandInService::CutOff() {
  if (listener_) listener_->ShutDown();
  if (accepting_.joinable()) accepting_.join();
  std::list<Connection> ending;  // joined without the lock
  const MutexLock lock(mutex_);
  for (const Connection& connection : connections_) connection.socket.ShutDown();
  ending.swap(connections_);
  gone_connections_ += ending.size();
}

std::string StandInService::Url() const {
  return fmt::format("{}://127.0.0.1:{}", tls_ == nullptr ? "http" : "https", holder_.Port());
}

std::size_t StandInService::connections() const {
  const MutexLock lock(mutex_);
  return gone_connections_ + connections_.size();
}

std::size_t StandInService::open() const {
  const MutexLock lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(connections_, true, &Connection::is_open));
}

void StandInService::SendToAll(std::string_view bytes) const {
  const MutexLock lock(mutex_);
  for (const Connection& connection : connections_) connection.socket.Send(bytes);
}

void StandInService::Accept() {
  for (;;) {
    LoopbackSocket client = listener_->Accept();
    if (!client.valid()) return;
    const MutexLock lock(mutex_);
    Connection& connection = connections_.emplace_back(std::move(client));
    connection.thread = std::jthread([this, &connection] {
      BlockSigpipe();
      Serve(connection.socket);
      connection.socket.ShutDown();
      const MutexLock ended(mutex_);
      connection.is_open = false;
    });
  }
}

void StandInService::Serve(const LoopbackSocket& socket) {
  std::array<char, 4096> chunk{};
  if (tls_ == nullptr) {
    return Talk(
        [&] {
          const ssize_t count = ::recv(socket.descriptor(), chunk.data(), chunk.size(), 0);
          return std::string(chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        },
        [&](std::string_view bytes) { socket.Send(bytes); });
  }
  const SslPtr ssl(SSL_new(tls_));
  SSL_set_fd(ssl.get(), socket.descriptor());
  if (SSL_accept(ssl.get()) == 1) {
    Talk(
        [&] {
          const int count = SSL_read(ssl.get(), chunk.data(), static_cast<int>(chunk.size()));
          return std::string(chunk.data(), static_cast<std::size_t>(std::max(count, 0)));
        },
        [&](std::string_view bytes) {
          SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
        });
    SSL_shutdown(ssl.get());
  }
  ERR_clear_error();
}

void StandInService::Talk(const std::function<std::string()>& receive,
                          const std::function<void(std::string_view)>& send) {
  std::string received;
  for (;;) {
    const std::size_t length = RequestLength(received);
    if (length == 0 || received.size() < length) {
      const std::string more = receive();
      if (more.empty()) return;
      received += more;
      continue;
    }
    const Said said = answer_(received.substr(0, length));
    received.erase(0, length);
    send(said.bytes);
    if (said.then == Then::kClose) return;
  }
}

}  // namespace rtcroom
