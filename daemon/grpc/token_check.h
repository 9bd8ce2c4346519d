// Who may call: those who know the token.
#pragma once

#include <string>

#include <grpcpp/security/auth_metadata_processor.h>

#include "daemon/base/logger.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// Looks at the metadata of every call of every service before the call reaches it, so that no
/// method can be forgotten: `authorization` must be `Bearer <token>`. Calls of the health service
/// need no token, since who asks it are probes and balancers, and it tells nothing else.
///
/// Others are answered UNAUTHENTICATED.
///
/// @threads safe from any thread.
class TokenCheck : public grpc::AuthMetadataProcessor {
 public:
  /// @param token  not empty. `logger` outlives the check.
  TokenCheck(const Secret& token, Logger& logger);

  /// It compares texts only: gRPC may call it wherever it is.
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed, OutputMetadata* response) override;

 private:
  const std::string wanted_;
  Logger& logger_;
};

}  // namespace rtcroom
