// Key pairs for tests, generated on the fly.
#pragma once

#include <string>

#include "daemon/base/secret.h"

namespace rtcroom {

struct PemKeyPair {
  Secret private_pem;
  std::string public_pem;
};

/// @param curve  its OpenSSL name, e.g. "P-256".
PemKeyPair MakeEcKeyPair(const char* curve);

/// A private key that requires a passphrase.
Secret MakeProtectedPrivatePem();

std::string MakeRsaPublicPem();

}  // namespace rtcroom
