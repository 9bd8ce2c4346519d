#include "tests/load/tls_line.h"

#include <array>
#include <stdexcept>

#include <openssl/err.h>

namespace rtcroom {

using boost::system::error_code;

TlsContextPtr MakeClientTlsContext(const std::string& trusted) {
  TlsContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!trusted.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), trusted.c_str()) != 1) {
      throw std::runtime_error("cannot use the certificates of " + trusted);
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  // Ten thousand idle connections would hold 340 MB of buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

void TlsLine::Open(const boost::asio::ip::tcp::endpoint& server) {
  socket_.async_connect(server, [this](const error_code& failed) {
    if (is_over_) return;
    if (!failed) return BeginHandshake();
    End(Event::kConnectFailed);
  });
}

void TlsLine::BeginHandshake() {
  error_code ignored;  // an optimisation: small requests should not wait
  ignored = socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  ignored = socket_.native_non_blocking(true, ignored);
  tls_.reset(SSL_new(tls_context_));
  SSL_set_fd(tls_.get(), socket_.native_handle());
  SSL_set_connect_state(tls_.get());
  ContinueHandshake();
}

void TlsLine::ContinueHandshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) {
    AwaitReadable(&TlsLine::Read);
    return listener_(Event::kReady);
  }
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return AwaitReadable(&TlsLine::ContinueHandshake);
    case SSL_ERROR_WANT_WRITE:
      return AwaitWritable(&TlsLine::ContinueHandshake);
    default:
      return End(Event::kHandshakeFailed);
  }
}

void TlsLine::Read() {
  constexpr std::size_t kChunkBytes = 4096;
  std::array<char, kChunkBytes> chunk{};
  const std::size_t before = received_.size();
  int count = 0;
  ERR_clear_error();
  while ((count = SSL_read(tls_.get(), chunk.data(), static_cast<int>(chunk.size()))) > 0) {
    received_.append(chunk.data(), static_cast<std::size_t>(count));
  }
  const bool goes_on = SSL_get_error(tls_.get(), count) == SSL_ERROR_WANT_READ;
  if (goes_on) AwaitReadable(&TlsLine::Read);
  if (received_.size() > before) listener_(Event::kBytes);
  // The listener may have closed it.
  if (!goes_on && !is_over_) End(Event::kClosed);
}

void TlsLine::Send(std::string_view bytes) {
  const bool is_writing = !unsent_.empty();
  unsent_ += bytes;
  if (!is_writing) Flush();
}

void TlsLine::Flush() {
  while (!unsent_.empty()) {
    ERR_clear_error();
    const int sent = SSL_write(tls_.get(), unsent_.data(), static_cast<int>(unsent_.size()));
    if (sent <= 0) {
      // The reading side also detects and reports any other error.
      if (SSL_get_error(tls_.get(), sent) == SSL_ERROR_WANT_WRITE) AwaitWritable(&TlsLine::Flush);
      return;
    }
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  unsent_.shrink_to_fit();
}

void TlsLine::AwaitReadable(void (TlsLine::*then)()) {
  socket_.async_wait(boost::asio::socket_base::wait_read, [this, then](const error_code& failed) {
    if (!failed && !is_over_) (this->*then)();
  });
}

void TlsLine::AwaitWritable(void (TlsLine::*then)()) {
  socket_.async_wait(boost::asio::socket_base::wait_write, [this, then](const error_code& failed) {
    if (!failed && !is_over_) (this->*then)();
  });
}

void TlsLine::Close() {
  is_over_ = true;
  error_code ignored;  // no further use of it
  ignored = socket_.close(ignored);
}

void TlsLine::End(Event why) {
  Close();
  listener_(why);
}

}  // namespace rtcroom
