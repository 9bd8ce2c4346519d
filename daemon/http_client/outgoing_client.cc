#include "daemon/http_client/outgoing_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include "daemon/http_client/answer_guard.h"
#include "daemon/http_client/server_name.h"

namespace rtcroom {
namespace {

/// Head and framing of a response.
constexpr std::size_t kMaxFrameBytes = kMaxOutgoingReplyBytes;

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
        SslUninterrupted([&] { return SSL_write(ssl_, from, static_cast<int>(size)); });
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
        [&] { return SSL_read(ssl_, buffer_.data(), static_cast<int>(buffer_.size())); });
    if (count > 0) return count;
    return SSL_get_error(ssl_, count) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }

  // A read or write with a timeout is interrupted even by SIGCONT after a stop.
  template <typename Call>
  static ssize_t Uninterrupted(Call call) {
    ssize_t count = -1;
    do {
      count = call();
    } while (count < 0 && errno == EINTR);
    return count;
  }
  template <typename Call>
  int SslUninterrupted(Call call) {
    for (;;) {
      errno = 0;
      const int count = call();
      if (count > 0 || errno != EINTR) return count;
      const int reason = SSL_get_error(ssl_, count);
      if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) return count;
    }
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

/// @tparam Library the library's client for http or for https.
template <typename Library>
class ClientOn final : public OutgoingClient, private Library {
 public:
  explicit ClientOn(const OutgoingTarget& target) : Library(target.host, target.port) {
    Library::set_follow_location(false);
    Library::set_url_encode(false);
    Library::set_decompress(false);
    Library::set_tcp_nodelay(true);  // otherwise a body waits for the ACK of its head
    Library::enable_server_certificate_verification(true);
    if constexpr (std::is_same_v<Library, httplib::SSLClient>) {
      // The library's own check, which also runs, accepts the common name.
      RequireServerName(Library::ssl_context(), target.host);
    }
  }

  Result<OutgoingReply> Ask(const OutgoingRequest& request, const CallHooks& hooks) override {
    hooks_ = &hooks;
    max_answer_bytes_ = kMaxFrameBytes + request.call.max_reply_bytes;
    Library::set_connection_timeout(
        std::min<std::chrono::milliseconds>(request.timeout, kMaxConnectTime));
    Library::set_read_timeout(request.timeout);
    Library::set_write_timeout(request.timeout);
    Library::set_keep_alive(request.call.after == AfterAnswer::kKeepOpen);
    Library::set_socket_options(hooks.on_connecting);

    OutgoingReply reply;
    httplib::Request sent;
    sent.method = request.call.method;
    sent.path = request.target.path;
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
    const httplib::Result answer = Library::send(sent);
    if (answer.error() == httplib::Error::Canceled) return Failed("the answer is too long");
    if (!answer) return Failed(httplib::to_string(answer.error()));
    reply.status = answer->status;
    return reply;
  }

  [[nodiscard]] bool IsQuiet() const override {
    const auto& connection = Library::socket_;
    if (!connection.is_open() || has_unread_) return false;
    if (connection.ssl != nullptr && SSL_has_pending(connection.ssl) != 0) return false;
    pollfd readable{.fd = connection.sock, .events = POLLIN, .revents = 0};
    return ::poll(&readable, 1, 0) == 0;
  }

  [[nodiscard]] int descriptor() const override { return Library::socket_.sock; }

 private:
  using Connection = httplib::ClientImpl::Socket;

  bool process_socket(const Connection& connection,
                      std::function<bool(httplib::Stream&)> speak) override {
    // Closes without close_notify: the peer may be gone, and a write could raise SIGPIPE.
    if (connection.ssl != nullptr) SSL_set_quiet_shutdown(connection.ssl, 1);
    // The library set the timeout of the call that opened the connection.
    const timeval timeout{.tv_sec = Library::read_timeout_sec_,
                          .tv_usec = Library::read_timeout_usec_};
    ::setsockopt(connection.sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(connection.sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    CallStream stream(connection.sock, connection.ssl, *hooks_, max_answer_bytes_);
    const bool spoken = speak(stream);
    has_unread_ = stream.has_unread();
    return spoken;
  }

  const CallHooks* hooks_ = nullptr;  ///< of the call in progress
  std::size_t max_answer_bytes_ = 0;  ///< likewise
  bool has_unread_ = false;
};

}  // namespace

std::unique_ptr<OutgoingClient> OutgoingClient::Create(const OutgoingTarget& target) {
  if (target.tls) return std::make_unique<ClientOn<httplib::SSLClient>>(target);
  return std::make_unique<ClientOn<httplib::ClientImpl>>(target);
}

}  // namespace rtcroom
