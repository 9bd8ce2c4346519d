// Decides which clients may connect to a gRPC listener, and which calls they may make.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include "daemon/base/bearer_token.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/secret.h"
#include "daemon/grpc/grpc_address.h"
#include "daemon/grpc/grpc_certificates.h"

namespace rtcroom {

/// gRPC's own credentials. gRPC implements TLS, 1.2 or newer. Without TLS a connection must be
/// local: gRPC refuses any other before it reads HTTP/2.
///
/// With a token, the metadata of every call of operators, of every service, must contain
/// `authorization: Bearer <token>`; others end with UNAUTHENTICATED, those that workers may not
/// make with PERMISSION_DENIED, before they reach a service. Calls of the health service are free.
/// Workers need no token, and one that they show gives them nothing.
///
/// Uses gRPC's C interface: the C++ one cannot replace certificates at a chosen moment.
///
/// @threads safe from any thread. Outlives the server that uses it.
class GrpcCredentials : public grpc::ServerCredentials {
 public:
  /// Credentials without TLS.
  /// @param token  of operators; empty: calls need none. `logger` outlives the credentials.
  GrpcCredentials(grpc_local_connect_type type, GrpcCallers callers, const Secret& token,
                  Logger& logger);
  /// Credentials with TLS; clients must present a certificate if `client_ca` is not empty.
  GrpcCredentials(GrpcCertificates certificates, GrpcCallers callers, const Secret& token,
                  Logger& logger);
  ~GrpcCredentials() override;
  GrpcCredentials(const GrpcCredentials&) = delete;
  GrpcCredentials& operator=(const GrpcCredentials&) = delete;

  /// Replaces the certificates for connections from now on, and only with a `client_ca` if there
  /// was one before. Without TLS it has no effect.
  void Replace(GrpcCertificates certificates) EXCLUDES(mutex_);

  /// No effect: calls are checked by `CheckCall`.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override;
  void CheckCalls();
  grpc_ssl_certificate_config_reload_status Fetch(grpc_ssl_server_certificate_config** config)
      EXCLUDES(mutex_);
  static void CheckCall(void* self, grpc_auth_context* context, const grpc_metadata* metadata,
                        std::size_t count, grpc_process_auth_metadata_done_cb done,
                        void* user_data);

  const GrpcCallers callers_;
  const BearerToken token_;  ///< unset: calls need none
  Logger& logger_;
  Mutex mutex_;
  GrpcCertificates certificates_ GUARDED_BY(mutex_);
  bool is_fetched_ GUARDED_BY(mutex_) = false;  ///< gRPC has fetched `certificates_`
  grpc_server_credentials* const credentials_;  // last: gRPC fetches the certificates from the rest
};

}  // namespace rtcroom
