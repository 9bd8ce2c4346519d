// A TLS client and a TLS server that talk through memory: a handshake without a socket.
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
/// What a client remembers of a connection, so as to resume it.
using TlsSession = std::unique_ptr<SSL_SESSION, TlsFree>;

struct TlsOffer {
  int version = 0;                 ///< TLS1_2_VERSION ...; 0 = whatever both know
  std::string protocols = {};      ///< ALPN: each name after its length; empty = none
  std::string groups = {};         ///< for the key exchange, in OpenSSL's words; empty = its own
  SSL_SESSION* session = nullptr;  ///< to be resumed
};

/// One connection, after its handshake succeeded or failed. The client verifies nothing.
///
/// @threads for one thread.
class TlsPair {
 public:
  explicit TlsPair(SSL_CTX* server, const TlsOffer& offer = {});
  ~TlsPair();  ///< ends it in good order, so that its session can be resumed
  TlsPair(const TlsPair&) = delete;
  TlsPair& operator=(const TlsPair&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  /// Whether the client's session was resumed, as the server sees it.
  [[nodiscard]] bool resumed() const { return SSL_session_reused(server_.get()) == 1; }
  /// The protocol that ALPN agreed upon.
  [[nodiscard]] std::string protocol() const;
  /// The number of the alert that ended the handshake, as the client got it; 0 = none.
  [[nodiscard]] int alert() const { return alert_; }
  /// SHA-256 of the certificate that the client was shown.
  [[nodiscard]] std::string certificate() const;
  /// The group of the key exchange, as OpenSSL numbers it.
  [[nodiscard]] int group() const {
    return static_cast<int>(SSL_get_shared_group(server_.get(), 0));
  }

  /// The client's newest session; empty without a ticket.
  [[nodiscard]] TlsSession Session() const;

  /// What the server reads when the client has written `text`.
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
