// The server's TLS settings, certificate and key.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

struct ssl_ctx_st;

namespace rtcroom {

struct TlsContextDeleter {
  void operator()(ssl_ctx_st* context) const;
};
/// An OpenSSL SSL_CTX; immutable once loaded, and then safe from any thread.
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextDeleter>;

/// Reads a PEM certificate chain (the server's own first) and its unencrypted PEM key.
///
/// TLS 1.2 with ECDHE and an AEAD cipher, or TLS 1.3: forward secrecy always. A client that offers
/// application protocols (ALPN) must offer http/1.1. Sessions are resumed by ticket; with
/// `TicketKeys` the tickets outlive the context.
///
/// The connections read ahead: check SSL_has_pending before waiting for their descriptor.
///
/// @errors  kUnavailable; the detail names the file and what is wrong with it.
Result<TlsContext> LoadTlsContext(const std::string& cert_path, const std::string& key_path);

/// The time during which all certificates of a chain are valid.
struct CertificateTimes {
  TimePoint begins{};
  TimePoint ends{};
  // They name the certificates that begin last and end first, for a sentence, by number in the file
  // and by name; they are empty for the server's own.
  std::string begins_of{};
  std::string ends_of{};

  /// Why clients refuse it at that time: one has expired, or is not valid yet. Nullopt when all are
  /// valid.
  [[nodiscard]] std::optional<std::string> FaultAt(TimePoint now) const;
};

/// The times of a context's certificate and of those that it sends with it.
/// @errors  kUnavailable when they cannot be parsed.
Result<CertificateTimes> CertificateTimesOf(ssl_ctx_st* context);

/// Whether the certificate of a context was issued by another one that is not among its chain.
/// Clients that know that one accept it all the same.
bool LacksIssuer(ssl_ctx_st* context);

/// The text of the calling thread's last OpenSSL failure; clears its error queue.
std::string TakeTlsError();

}  // namespace rtcroom
