#include "daemon/http_client/outgoing_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "daemon/base/ip_address.h"
#include "daemon/http_client/answer_guard.h"
#include "daemon/http_client/server_name.h"

namespace rtcroom {
namespace {

/// Head and framing of a response.
constexpr std::size_t kMaxFrameBytes = kMaxOutgoingReplyBytes;

// A read or write with a timeout is interrupted even by SIGCONT after a stop.
template <typename Call>
int SslUninterrupted(SSL* tls, Call call) {
  for (;;) {
    errno = 0;
    const int count = call();
    if (count > 0 || errno != EINTR) return count;
    const int reason = SSL_get_error(tls, count);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) return count;
  }
}

/// Replaces the library's own stream.
class CallStream : public httplib::Stream {
 public:
  /// @param ssl        null: without TLS.
  /// @param max_bytes  of the whole response.
  CallStream(socket_t descriptor, SSL* ssl, const CallHooks& hooks, std::size_t max_bytes)
      : descriptor_(descriptor), ssl_(ssl), hooks_(hooks), guard_(max_bytes) {}

  // Reads and writes block by themselves.
  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] bool is_writable() const override { return true; }

  ssize_t read(char* to, std::size_t size) override {
    if (unread_.empty()) {
      const ssize_t filled = Receive();
      if (filled <= 0) return filled;
      unread_ = {buffer_.data(), static_cast<std::size_t>(filled)};
      if (!guard_.Admits(unread_)) return -1;
    }
    const std::size_t length = unread_.copy(to, size);
    unread_.remove_prefix(length);
    return static_cast<ssize_t>(length);
  }

  ssize_t write(const char* from, std::size_t size) override {
    if (!hooks_.may_send()) return -1;
    if (ssl_ == nullptr) {
      return Uninterrupted([&] { return ::send(descriptor_, from, size, MSG_NOSIGNAL); });
    }
    const int sent =
        SslUninterrupted(ssl_, [&] { return SSL_write(ssl_, from, static_cast<int>(size)); });
    return sent > 0 ? sent : -1;  // the library would loop forever on 0
  }

  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  [[nodiscard]] socket_t socket() const override { return descriptor_; }

  /// Whether unsolicited bytes were received.
  [[nodiscard]] bool has_unread() const { return !unread_.empty(); }

 private:
  /// Number of bytes received; 0 at the orderly end, -1 when the connection broke.
  ssize_t Receive() {
    if (ssl_ == nullptr) {
      return Uninterrupted([&] { return ::recv(descriptor_, buffer_.data(), buffer_.size(), 0); });
    }
    const int count = SslUninterrupted(
        ssl_, [&] { return SSL_read(ssl_, buffer_.data(), static_cast<int>(buffer_.size())); });
    if (count > 0) return count;
    return SSL_get_error(ssl_, count) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }

  template <typename Call>
  static ssize_t Uninterrupted(Call call) {
    ssize_t count = -1;
    do {
      count = call();
    } while (count < 0 && errno == EINTR);
    return count;
  }

  const socket_t descriptor_;
  SSL* const ssl_;
  const CallHooks& hooks_;
  AnswerGuard guard_;
  std::array<char, 4096> buffer_{};
  std::string_view unread_{};
};

Error Failed(std::string_view why) {
  return {Errc::kUnavailable, fmt::format("outgoing call: {}", why)};
}

/// Reasons that a log gives in the place of the library's names of failures.
constexpr auto kWhy = std::to_array<std::pair<httplib::Error, std::string_view>>({
    {httplib::Error::Connection, "cannot connect"},
    {httplib::Error::ConnectionTimeout, "no connection in time"},
    {httplib::Error::Read, "no answer, or one that broke off"},
    {httplib::Error::Write, "the request broke off"},
    {httplib::Error::SSLConnection, "the TLS handshake failed"},
    {httplib::Error::SSLServerVerification, "the certificate is not accepted"},
});

std::string WhyOf(httplib::Error error) {
  const auto* const known =
      std::ranges::find(kWhy, error, &std::pair<httplib::Error, std::string_view>::first);
  return known == kWhy.end() ? httplib::to_string(error) : std::string(known->second);
}

constexpr int kHttpsPort = 443;

struct TlsDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsDeleter>;
using Tls = std::unique_ptr<SSL, TlsDeleter>;

/// Trusts the authorities of the system.
TlsContext MakeTlsContext(const std::string& host) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    throw std::runtime_error("no TLS");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // Closes without close_notify: the peer may be gone, and a write could raise SIGPIPE.
  SSL_CTX_set_quiet_shutdown(context.get(), 1);
  RequireServerName(context.get(), host);
  return context;
}

void SetTimeout(socket_t descriptor, std::chrono::microseconds timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timeval value{.tv_sec = seconds.count(), .tv_usec = (timeout - seconds).count()};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

/// The library's client without TLS, and TLS by OpenSSL below it: its own client with TLS takes no
/// other stream.
class Client final : public OutgoingClient, private httplib::ClientImpl {
 public:
  explicit Client(const OutgoingTarget& target)
      : httplib::ClientImpl(target.host, target.port),
        context_(target.tls ? MakeTlsContext(target.host) : nullptr) {
    set_follow_location(false);
    set_url_encode(false);
    set_decompress(false);
    set_tcp_nodelay(true);  // otherwise a body waits for the ACK of its head
  }

  Result<OutgoingReply> Ask(const OutgoingRequest& request, const CallHooks& hooks) override {
    hooks_ = &hooks;
    max_answer_bytes_ = kMaxFrameBytes + request.call.max_reply_bytes;
    timeout_ = request.timeout;
    set_connection_timeout(ConnectTimeout());
    set_read_timeout(timeout_);
    set_write_timeout(timeout_);
    set_keep_alive(request.call.after == AfterAnswer::kKeepOpen);
    set_socket_options(hooks.on_connecting);

    OutgoingReply reply;
    httplib::Request sent;
    sent.method = request.call.method;
    sent.path = request.target.path;
    if (context_ != nullptr && request.target.port == kHttpsPort) {
      sent.headers.emplace("Host", HostHeader(request.target.host));  // the library's has the port
    }
    sent.headers.emplace("Accept-Encoding", "identity");
    for (const OutgoingHeader& header : request.call.headers) {
      sent.headers.emplace(header.name, header.value.Reveal());
    }
    if (!request.call.content_type.empty()) {
      sent.headers.emplace("Content-Type", request.call.content_type);
    }
    sent.body = request.call.body;
    sent.content_receiver = [&](const char* piece, std::size_t length, std::uint64_t /*offset*/,
                                std::uint64_t /*total*/) {
      if (reply.body.size() + length > request.call.max_reply_bytes) return false;
      reply.body.append(piece, length);
      return true;
    };
    const httplib::Result answer = send(sent);
    if (answer.error() == httplib::Error::Canceled) return Failed("the answer is too long");
    if (!answer) return Failed(WhyOf(answer.error()));
    reply.status = answer->status;
    return reply;
  }

  [[nodiscard]] bool IsQuiet() const override {
    if (!socket_.is_open() || has_unread_) return false;
    if (tls_ != nullptr && SSL_has_pending(tls_.get()) != 0) return false;
    pollfd readable{.fd = socket_.sock, .events = POLLIN, .revents = 0};
    return ::poll(&readable, 1, 0) == 0;
  }

  [[nodiscard]] int descriptor() const override { return socket_.sock; }

 private:
  static std::string HostHeader(const std::string& host) {
    return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  }

  [[nodiscard]] std::chrono::milliseconds ConnectTimeout() const {
    return std::min<std::chrono::milliseconds>(timeout_, kMaxConnectTime);
  }

  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
    if (!httplib::ClientImpl::create_and_connect_socket(socket, error)) return false;
    if (context_ == nullptr || ShakeHands(socket.sock, error)) return true;
    shutdown_ssl(socket, false);
    shutdown_socket(socket);
    close_socket(socket);
    return false;
  }

  bool ShakeHands(socket_t descriptor, httplib::Error& error) {
    SetTimeout(descriptor, ConnectTimeout());
    tls_.reset(SSL_new(context_.get()));
    const bool is_ready =
        tls_ != nullptr && SSL_set_fd(tls_.get(), descriptor) == 1 &&
        // RFC 6066 3: a server's name is no address.
        (IpAddress::Parse(host_) || SSL_set_tlsext_host_name(tls_.get(), host_.c_str()) == 1);
    if (is_ready && SslUninterrupted(tls_.get(), [&] { return SSL_connect(tls_.get()); }) == 1) {
      return true;
    }
    const bool is_refused = tls_ != nullptr && SSL_get_verify_result(tls_.get()) != X509_V_OK;
    error = is_refused ? httplib::Error::SSLServerVerification : httplib::Error::SSLConnection;
    return false;
  }

  void shutdown_ssl(Socket& /*socket*/, bool /*gracefully*/) override { tls_.reset(); }

  bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> speak) override {
    // The library set the timeout of the call that opened the connection.
    SetTimeout(socket.sock, timeout_);
    CallStream stream(socket.sock, tls_.get(), *hooks_, max_answer_bytes_);
    const bool spoken = speak(stream);
    has_unread_ = stream.has_unread();
    return spoken;
  }

  const TlsContext context_;             ///< null: without TLS
  Tls tls_{};                            ///< of the connection
  const CallHooks* hooks_ = nullptr;     ///< of the call in progress
  std::chrono::milliseconds timeout_{};  ///< likewise
  std::size_t max_answer_bytes_ = 0;     ///< likewise
  bool has_unread_ = false;
};

}  // namespace

std::unique_ptr<OutgoingClient> OutgoingClient::Create(const OutgoingTarget& target) {
  return std::make_unique<Client>(target);
}

}  // namespace rtcroom
