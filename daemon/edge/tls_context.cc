#include "daemon/edge/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

namespace rtcroom {
namespace {

// OpenSSL's own callback would ask at the terminal and block the start for ever.
int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) {
  return 0;
}

}  // namespace

void TlsContextDeleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

std::string TakeTlsError() {
  // The oldest entry says what went wrong, the later ones where that was noticed.
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  // Failed system calls ("No such file or directory") have no entry in the table of reasons.
  const char* reason = ERR_SYSTEM_ERROR(code) ? nullptr : ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char text[256] = {};
  ERR_error_string_n(code, text, sizeof(text));
  return text;
}

Result<TlsContext> LoadTlsContext(const std::string& cert_path, const std::string& key_path) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Error{Errc::kInternal, "TLS context: " + TakeTlsError()};
  SSL_CTX_set_default_passwd_cb(context.get(), RefusePassphrase);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // Idle connections hold no buffers; a write may be continued from another address.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // The second list is for TLS 1.2 alone: TLS 1.3 has no suite without forward secrecy.
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return Error{Errc::kInternal, "TLS settings: " + TakeTlsError()};
  }
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_path.c_str()) != 1) {
    return Error{Errc::kUnavailable, fmt::format("{}: not a readable PEM certificate chain ({})",
                                                 cert_path, TakeTlsError())};
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH) {
      ERR_clear_error();
      return Error{Errc::kUnavailable,
                   fmt::format("{}: not the key of the certificate {}", key_path, cert_path)};
    }
    return Error{Errc::kUnavailable, fmt::format("{}: not a readable unencrypted PEM key ({})",
                                                 key_path, TakeTlsError())};
  }
  // The call above compares it only with a certificate of its own kind.
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    ERR_clear_error();
    return Error{Errc::kUnavailable,
                 fmt::format("{}: not the key of the certificate {}", key_path, cert_path)};
  }
  return context;
}

}  // namespace rtcroom
