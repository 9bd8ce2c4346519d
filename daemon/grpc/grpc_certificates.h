// The certificates of the gRPC listener.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http/tls_context.h"

namespace rtcroom {

/// Paths of PEM files.
struct GrpcTlsFiles {
  std::string cert = {};       ///< the server's certificate and its chain; empty: no TLS
  std::string key = {};        ///< its private key
  std::string client_ca = {};  ///< CAs of the clients' certificates; empty: clients need none

  /// Whether both sides present a certificate.
  [[nodiscard]] bool IsMutual() const {
    return !cert.empty() && !key.empty() && !client_ca.empty();
  }
};

/// The content of `GrpcTlsFiles`, checked.
struct GrpcCertificates {
  std::string cert = {};
  Secret key = {};
  std::string client_ca = {};
  CertificateTimes times = {};  ///< of the server's certificate and its chain
};

/// Reads the files, and checks that the key matches the certificate.
///
/// @errors  kUnavailable; the detail names the file and the reason.
Result<GrpcCertificates> LoadGrpcCertificates(const GrpcTlsFiles& files);

}  // namespace rtcroom
