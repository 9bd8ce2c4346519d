// A TLS client and a TLS server connected through memory: a handshake without a socket.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace rtcroom {

struct TlsFree {
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
/// A client's session data, to resume it.
using TlsSession = std::unique_ptr<SSL_SESSION, TlsFree>;

struct TlsOffer {
  int version = 0;                 ///< TLS1_2_VERSION ...; 0 = negotiated
  std::string protocols = {};      ///< ALPN: each name after its length; empty = none
  std::string groups = {};         ///< for the key exchange, in OpenSSL's syntax; empty = default
  SSL_SESSION* session = nullptr;  ///< to be resumed
};

/// One connection after its handshake succeeded or failed. The client verifies nothing.
///
/// @threads for one thread.
class TlsPair {
 public:
  explicit TlsPair(SSL_CTX* server, const TlsOffer& offer = {});
  ~TlsPair();  ///< shuts down cleanly, so that its session can be resumed
  TlsPair(const TlsPair&) = delete;
  TlsPair& operator=(const TlsPair&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  /// Whether the client's session was resumed, as seen by the server.
  [[nodiscard]] bool resumed() const { return SSL_session_reused(server_.get()) == 1; }
  /// The protocol agreed by ALPN.
  [[nodiscard]] std::string protocol() const;
  /// The number of the alert that ended the handshake, as received by the client; 0 = none.
  [[nodiscard]] int alert() const { return alert_; }
  /// SHA-256 of the certificate shown to the client.
  [[nodiscard]] std::string certificate() const;
  /// The group of the key exchange, as OpenSSL's number.
  [[nodiscard]] int group() const {
    return static_cast<int>(SSL_get_shared_group(server_.get(), 0));
  }

  /// The client's newest session; empty without a ticket.
  [[nodiscard]] TlsSession Session() const;

  /// The text the server reads after the client wrote `text`.
  [[nodiscard]] std::string Carry(std::string_view text) const;

 private:
  void Handshake();
  void TakeTickets() const;

  std::unique_ptr<SSL, TlsFree> client_;
  std::unique_ptr<SSL, TlsFree> server_;
  bool connected_ = false;
  int alert_ = 0;
};

}  // namespace rtcroom
