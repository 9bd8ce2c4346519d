#include "daemon/http/transport.h"

#include <array>
#include <cerrno>

#include <linux/sock_diag.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace rtcroom {
namespace {

/// The readiness that a failed system call on the socket needs for a retry.
IoStatus StatusOfErrno(IoStatus when_it_would_block) {
  const bool would_block = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return would_block ? when_it_would_block : IoStatus::kClosed;
}

/// Empties OpenSSL's queue of this thread, which SSL_get_error reads. Only a call that failed
/// leaves something in it, and ERR_clear_error takes its time for an empty one, too.
void DropErrors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

void Transport::TlsDeleter::operator()(ssl_st* tls) const { SSL_free(tls); }

Transport::Transport(int socket) : socket_(socket) {}

Transport::~Transport() = default;

bool Transport::Secure(ssl_ctx_st& tls) {
  tls_.reset(SSL_new(&tls));
  return tls_ != nullptr && SSL_set_fd(tls_.get(), socket_) == 1;
}

IoStatus Transport::Handshake() {
  DropErrors();
  const int result = SSL_accept(tls_.get());
  if (result != 1) {
    const IoStatus status = TlsStatus(result);
    is_plain_http_ =
        status == IoStatus::kClosed && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    if (is_plain_http_) tls_.reset();
    return status;
  }
  SSL_set_msg_callback(tls_.get(), CountTlsMessage);
  SSL_set_msg_callback_arg(tls_.get(), this);
  return IoStatus::kDone;
}

IoResult Transport::Read(std::span<char> into) {
  return tls_ ? ReadTls(SSL_read_ex, into) : ReadRaw(into);
}

IoStatus Transport::Peek() {
  std::array<char, 1> byte{};
  return (tls_ ? ReadTls(SSL_peek_ex, byte) : ReadRaw(byte, MSG_PEEK)).status;
}

IoResult Transport::ReadTls(TlsRead& read, std::span<char> into) {
  while (tls_messages_ <= kMaxTlsMessages) {
    DropErrors();
    const int messages = tls_messages_;
    std::size_t got = 0;
    const int result = read(tls_.get(), into.data(), into.size(), &got);
    if (result == 1) return {.status = IoStatus::kDone, .bytes = got};
    const IoStatus status = TlsStatus(result);
    // Without SSL_MODE_AUTO_RETRY a non-application message may end the call, even if application
    // data follows it.
    if (status != IoStatus::kWantRead || tls_messages_ == messages) {
      return {.status = status, .bytes = 0};
    }
  }
  return {.status = IoStatus::kClosed, .bytes = 0};
}

IoResult Transport::Write(std::string_view bytes) {
  const IoResult result = tls_ ? WriteTls(bytes) : WriteRaw(bytes);
  unmeasured_ += result.bytes;
  return result;
}

IoResult Transport::WriteTls(std::string_view bytes) {
  DropErrors();
  std::size_t put = 0;
  const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &put);
  is_write_pending_ = result != 1;
  if (result == 1) return {.status = IoStatus::kDone, .bytes = put};
  return {.status = TlsStatus(result), .bytes = 0};
}

std::size_t Transport::held_memory() const {
  if (!tls_) return 0;
  if (SSL_is_init_finished(tls_.get()) != 1) return kHandshakeBytes;
  return kTlsBytes + (HasPending() ? kTlsRecordBytes : 0) +
         (is_write_pending_ ? kTlsRecordBytes : 0);
}

std::size_t Transport::MeasureSystem() {
  unmeasured_ = 0;
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  if (getsockopt(socket_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return 0;
  return std::size_t{memory[SK_MEMINFO_WMEM_QUEUED]} + memory[SK_MEMINFO_RMEM_ALLOC];
}

bool Transport::HasPending() const { return tls_ != nullptr && SSL_has_pending(tls_.get()) == 1; }

void Transport::CloseWriting() {
  // One attempt: the reply is sent, and a slow peer only misses the close_notify.
  if (tls_) SSL_shutdown(tls_.get());
  DropErrors();
  shutdown(socket_, SHUT_WR);
}

void Transport::DropUnsent() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  // It cannot fail for a socket.
  (void)setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

IoResult Transport::ReadRaw(std::span<char> into, int flags) {
  const ssize_t got = recv(socket_, into.data(), into.size(), flags);
  if (got > 0) return {.status = IoStatus::kDone, .bytes = static_cast<std::size_t>(got)};
  if (got == 0) return {.status = IoStatus::kClosed, .bytes = 0};
  return {.status = StatusOfErrno(IoStatus::kWantRead), .bytes = 0};
}

bool Transport::HasUnread() const {
  char byte = 0;
  return recv(socket_, &byte, 1, MSG_PEEK) > 0;
}

IoStatus Transport::TlsStatus(int result) const {
  const int reason = SSL_get_error(tls_.get(), result);
  if (reason == SSL_ERROR_WANT_READ) return IoStatus::kWantRead;
  if (reason == SSL_ERROR_WANT_WRITE) return IoStatus::kWantWrite;
  return IoStatus::kClosed;
}

void Transport::CountTlsMessage(int is_written, int /*version*/, int content_type,
                                const void* /*bytes*/, std::size_t /*size*/, ssl_st* tls,
                                void* transport) {
  if (is_written != 0) return;
  if (content_type != SSL3_RT_HANDSHAKE && content_type != SSL3_RT_ALERT) return;
  if (++static_cast<Transport*>(transport)->tls_messages_ <= kMaxTlsMessages) return;
  // A call that reads ahead continues while the start of another message is buffered. Without
  // read-ahead it returns with the data it has, and `Read` then closes the connection.
  SSL_set_read_ahead(tls, 0);
}

IoResult Transport::WriteRaw(std::string_view bytes) {
  const ssize_t put = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (put > 0) return {.status = IoStatus::kDone, .bytes = static_cast<std::size_t>(put)};
  if (put == 0) return {.status = IoStatus::kWantWrite, .bytes = 0};
  return {.status = StatusOfErrno(IoStatus::kWantWrite), .bytes = 0};
}

}  // namespace rtcroom
