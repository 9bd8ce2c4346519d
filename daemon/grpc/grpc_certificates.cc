#include "daemon/grpc/grpc_certificates.h"

#include <utility>

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "daemon/base/atomic_file.h"

namespace rtcroom {
namespace {

Result<GrpcCertificates> ReadFiles(const GrpcTlsFiles& files) {
  Result<std::string> cert = ReadSmallFile(files.cert);
  if (!cert) return cert.error();
  Result<std::string> key = ReadSmallFile(files.key);
  if (!key) return key.error();
  GrpcCertificates read{.cert = *std::move(cert), .key = Secret(*std::move(key))};
  if (files.client_ca.empty()) return read;
  Result<std::string> client_ca = ReadSmallFile(files.client_ca);
  if (!client_ca) return client_ca.error();
  read.client_ca = *std::move(client_ca);
  return read;
}

}  // namespace

Result<GrpcCertificates> LoadGrpcCertificates(const GrpcTlsFiles& files) {
  Result<GrpcCertificates> read = ReadFiles(files);
  if (!read) return read;
  // OpenSSL checks a whole chain only when it reads it from a file.
  const Result<TlsContext> context = LoadTlsContext(files.cert, files.key);
  if (!context) return context.error();
  if (!files.client_ca.empty() &&
      SSL_CTX_load_verify_file(context->get(), files.client_ca.c_str()) != 1) {
    return Error{Errc::kUnavailable, fmt::format("{}: no readable PEM certificates ({})",
                                                 files.client_ca, TakeTlsError())};
  }
  const Result<CertificateTimes> times = CertificateTimesOf(context->get());
  if (!times) return times.error();
  read->times = *times;
  const Result<GrpcCertificates> again = ReadFiles(files);
  if (!again || again->cert != read->cert || again->key != read->key ||
      again->client_ca != read->client_ca) {
    return Error{Errc::kUnavailable, fmt::format("{}: changed while it was read", files.cert)};
  }
  return read;
}

}  // namespace rtcroom
