// Verification of a TLS server's name.
#pragma once

#include <string>

#include <openssl/types.h>

namespace rtcroom {

/// Connections of `context` require a certificate with `host` among its subject alternative names:
/// as an IP address if it is one, otherwise as a DNS name, where `*` stands for one whole first
/// label. The subject's common name is never accepted.
///
/// @param host  a name, or an address without brackets.
/// @throws std::runtime_error when the check for `host` cannot be set up.
void RequireServerName(SSL_CTX* context, const std::string& host);

}  // namespace rtcroom
