#include "daemon/http/tls_context.h"

#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>

#include "daemon/http/ticket_keys.h"

namespace rtcroom {
namespace {

// OpenSSL's own callback would prompt at the terminal and block the start indefinitely.
int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) {
  return 0;
}

// Called only for a client that offers protocols; OpenSSL has checked the form of its list. A
// client without http/1.1 in it gets a fatal alert (RFC 7301), since HTTP/2 is not supported.
int SelectProtocol(SSL* /*connection*/, const unsigned char** selected,
                   unsigned char* selected_size, const unsigned char* offered,
                   unsigned int offered_size, void* /*context*/) {
  static constexpr unsigned char kServed[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, selected_size, kServed, sizeof(kServed), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *selected = found;
  return SSL_TLSEXT_ERR_OK;
}

// The server stores no sessions: the client sends its session in a ticket. One ticket is enough,
// since each resumption issues the next one; OpenSSL's default of two doubles the encryption cost.
bool SetResumption(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, std::chrono::seconds(TicketKeys::kMaxTicketLife).count());
  return SSL_CTX_set_num_tickets(context, 1) == 1;
}

std::optional<TimePoint> TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return TimePoint(std::chrono::seconds(timegm(&parts)));
}

/// The times of one certificate.
Result<CertificateTimes> TimesOf(const X509* certificate) {
  const std::optional<TimePoint> begins = TimeOf(X509_get0_notBefore(certificate));
  const std::optional<TimePoint> ends = TimeOf(X509_get0_notAfter(certificate));
  if (!begins || !ends) return Error{Errc::kUnavailable, "no times of the certificate"};
  return CertificateTimes{.begins = *begins, .ends = *ends};
}

/// "certificate 2 of the file (/CN=Example CA) "
std::string Named(int number, const X509* certificate) {
  char name[256] = {};
  X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof(name));
  return fmt::format("certificate {} of the file ({}) ", number, name);
}

std::string Written(TimePoint time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace

void TlsContextDeleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

std::string TakeTlsError() {
  // The oldest entry is the cause; later ones are the places where it was detected.
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

std::optional<std::string> CertificateTimes::FaultAt(TimePoint now) const {
  if (now < begins) return begins_of + "not valid before " + Written(begins);
  if (now > ends) return ends_of + "expired at " + Written(ends);
  return std::nullopt;
}

Result<CertificateTimes> CertificateTimesOf(ssl_ctx_st* context) {
  const X509* const certificate = SSL_CTX_get0_certificate(context);
  if (certificate == nullptr) return Error{Errc::kUnavailable, "no certificate"};
  Result<CertificateTimes> all = TimesOf(certificate);
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  for (int i = 0; all && i < sk_X509_num(chain); ++i) {
    const X509* const next = sk_X509_value(chain, i);
    const Result<CertificateTimes> times = TimesOf(next);
    if (!times) return times;
    const std::string name = Named(i + 2, next);
    if (times->begins > all->begins) {
      all->begins = times->begins;
      all->begins_of = name;
    }
    if (times->ends < all->ends) {
      all->ends = times->ends;
      all->ends_of = name;
    }
  }
  return all;
}

bool LacksIssuer(ssl_ctx_st* context) {
  X509* const certificate = SSL_CTX_get0_certificate(context);
  if (certificate == nullptr) return false;
  // One that issued itself has no other, also when its key is for servers only.
  if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0) {
    return false;
  }
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    if (X509_check_issued(sk_X509_value(chain, i), certificate) == X509_V_OK) return false;
  }
  return true;
}

Result<TlsContext> LoadTlsContext(const std::string& cert_path, const std::string& key_path) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Error{Errc::kInternal, "TLS context: " + TakeTlsError()};
  SSL_CTX_set_default_passwd_cb(context.get(), RefusePassphrase);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // Idle connections hold no buffers; a write may be retried from a different buffer address.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // With this mode, one read call would continue as long as a peer sends non-application messages.
  // Without it, the call returns after each, and `Transport` bounds their number.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  // Reads a record's header and body in one system call. Callers check SSL_has_pending for bytes
  // already read; otherwise a wait for the descriptor could last forever.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectProtocol, nullptr);
  // The cipher list applies to TLS 1.2 only: all TLS 1.3 suites have forward secrecy.
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
      SSL_CTX_set1_groups_list(context.get(), "X25519:P-256") != 1 ||
      !SetResumption(context.get())) {
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
  // The call above compares the key only with a certificate of the same key type.
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    ERR_clear_error();
    return Error{Errc::kUnavailable,
                 fmt::format("{}: not the key of the certificate {}", key_path, cert_path)};
  }
  return context;
}

}  // namespace rtcroom
