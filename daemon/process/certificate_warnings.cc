#include "daemon/process/certificate_warnings.h"

#include <optional>
#include <string>

#include "daemon/http/tls_context.h"

namespace rtcroom {
namespace {

void Warn(const char* key, const std::string& cert, const std::string& private_key, TimePoint now,
          std::vector<ConfigProblem>& warnings) {
  if (cert.empty() || private_key.empty()) return;
  const Result<TlsContext> loaded = LoadTlsContext(cert, private_key);
  if (!loaded) return;
  const Result<CertificateTimes> times = CertificateTimesOf(loaded->get());
  if (const auto fault = times ? times->FaultAt(now) : std::nullopt) {
    warnings.push_back({key, *fault + ": clients refuse it"});
  }
  if (LacksIssuer(loaded->get())) {
    warnings.push_back({key,
                        "without the certificate of its issuer: clients that do not know that one "
                        "refuse it; append the intermediate certificates to the file"});
  }
}

}  // namespace

std::vector<ConfigProblem> FindCertificateWarnings(const Config& config, TimePoint now) {
  std::vector<ConfigProblem> warnings;
  const ServerConfig& server = config.server;
  if (!server.https_listen.empty()) {
    Warn("server.tls_cert", server.tls_cert, server.tls_key, now, warnings);
  }
  const GrpcConfig& grpc = config.grpc;
  if (!grpc.listen.empty()) Warn("grpc.tls_cert", grpc.tls_cert, grpc.tls_key, now, warnings);
  return warnings;
}

}  // namespace rtcroom
