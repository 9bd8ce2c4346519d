#include "daemon/http_client/server_name.h"

#include <stdexcept>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace rtcroom {

void RequireServerName(SSL_CTX* context, const std::string& host) {
  X509_VERIFY_PARAM* const required = SSL_CTX_get0_param(context);
  if (X509_VERIFY_PARAM_set1_ip_asc(required, host.c_str()) == 1) return;
  ERR_clear_error();  // the error that it is not an address
  X509_VERIFY_PARAM_set_hostflags(
      required, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (!host.empty() && X509_VERIFY_PARAM_set1_host(required, host.data(), host.size()) == 1) return;
  throw std::runtime_error("the server's name cannot be checked for");
}

}  // namespace rtcroom
