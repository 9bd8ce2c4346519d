#include "daemon/grpc/grpc_tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace rtcroom {
namespace {

// Called only for a client that offers protocols; OpenSSL has checked the form of its list.
int SelectHttp2(SSL* /*connection*/, const unsigned char** selected, unsigned char* selected_size,
                const unsigned char* offered, unsigned int offered_size, void* /*context*/) {
  static constexpr unsigned char kServed[] = {2, 'h', '2'};
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, selected_size, kServed, sizeof(kServed), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *selected = found;
  return SSL_TLSEXT_ERR_OK;
}

Status RequireClientCertificates(SSL_CTX* context, const std::string& ca_path) {
  if (SSL_CTX_load_verify_file(context, ca_path.c_str()) != 1) {
    return Error{Errc::kUnavailable,
                 fmt::format("{}: no readable PEM certificates ({})", ca_path, TakeTlsError())};
  }
  // Clients that have several certificates choose by it; what cannot be listed is not an error.
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(ca_path.c_str()));
  ERR_clear_error();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

}  // namespace

Result<TlsContext> LoadGrpcTlsContext(const GrpcTlsFiles& files) {
  Result<TlsContext> context = LoadTlsContext(files.cert, files.key);
  if (!context) return context;
  SSL_CTX_set_alpn_select_cb(context->get(), SelectHttp2, nullptr);
  SSL_CTX_set_options(context->get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context->get(), 0);
  if (!files.client_ca.empty()) {
    const Status required = RequireClientCertificates(context->get(), files.client_ca);
    if (!required) return required.error();
  }
  return context;
}

}  // namespace rtcroom
