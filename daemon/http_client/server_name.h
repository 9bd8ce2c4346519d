// Whether a TLS server is the one that was asked for.
#pragma once

#include <string>

#include <openssl/types.h>

namespace rtcroom {

/// Connections of `context` are verified only with a certificate that has `host` among its subject
/// alternative names: as an IP address when it is one, as a DNS name otherwise, where `*` stands
/// for one whole first label. The subject's common name never counts.
///
/// @param host  a name, or an address without brackets.
/// @throws std::runtime_error when `host` cannot be checked for.
void RequireServerName(SSL_CTX* context, const std::string& host);

}  // namespace rtcroom
