// One of many TLS connections on a thread: it never blocks and uses little memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <openssl/ssl.h>

namespace rtcroom {

struct TlsContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContextPtr = std::unique_ptr<SSL_CTX, TlsContextDeleter>;

/// The client's side of TLS, shared by all lines.
/// @param trusted  PEM file of the only trusted certificates; empty: any certificate.
/// @throws std::runtime_error when the file cannot be used.
TlsContextPtr MakeClientTlsContext(const std::string& trusted);

/// OpenSSL on a non-blocking descriptor, with Asio for readiness. After a failure or a close it
/// makes no further calls to the handler.
///
/// @threads for the thread that runs the io_context, which must outlive no line that it has
///          handlers of: stop it first.
class TlsLine {
 public:
  enum class Event : std::uint8_t {
    kReady,            ///< connected, TLS handshake complete
    kBytes,            ///< `received` has grown
    kConnectFailed,    ///< connection refused, or the listener's queue was full
    kHandshakeFailed,  ///< handshake failed, or the certificate is not trusted
    kClosed,           ///< by the server
  };
  using Listener = std::function<void(Event)>;

  TlsLine(boost::asio::io_context& loop, SSL_CTX* tls, Listener listener)
      : socket_(loop), tls_context_(tls), listener_(std::move(listener)) {}

  void Open(const boost::asio::ip::tcp::endpoint& server);
  void Send(std::string_view bytes);
  void Close();

  /// Received bytes that were not consumed yet; the owner consumes them from the front.
  [[nodiscard]] std::string& received() { return received_; }

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  void BeginHandshake();
  void ContinueHandshake();
  void Read();
  void Flush();
  void AwaitReadable(void (TlsLine::*then)());
  void AwaitWritable(void (TlsLine::*then)());
  void End(Event why);

  boost::asio::ip::tcp::socket socket_;
  SSL_CTX* const tls_context_;
  const Listener listener_;
  std::unique_ptr<SSL, SslDeleter> tls_;
  std::string received_;
  std::string unsent_;
  bool is_over_ = false;  ///< failed or closed
};

}  // namespace rtcroom
