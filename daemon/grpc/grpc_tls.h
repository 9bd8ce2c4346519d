// The TLS settings of the gRPC listener.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/http/tls_context.h"

namespace rtcroom {

/// Paths of PEM files.
struct GrpcTlsFiles {
  std::string cert = {};       ///< the server's certificate and its chain; empty: no TLS
  std::string key = {};        ///< its private key
  std::string client_ca = {};  ///< who signs the clients' certificates; empty: they need none

  bool operator==(const GrpcTlsFiles&) const = default;
};

/// As `LoadTlsContext`, except that HTTP/2 is what is agreed on, that no session is resumed
/// (connections are few and last long), and that a client must show a certificate which one of
/// `client_ca` has signed, where there is such a file.
///
/// @errors  kUnavailable; the detail names the file and what is wrong with it.
Result<TlsContext> LoadGrpcTlsContext(const GrpcTlsFiles& files);

}  // namespace rtcroom
