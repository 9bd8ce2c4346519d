// Key pairs for tests, made on the spot.
#pragma once

#include <string>

#include "daemon/base/secret.h"

namespace rtcroom {

struct PemKeyPair {
  Secret private_pem;
  std::string public_pem;
};

/// @param curve  OpenSSL's name of it, e.g. "P-256".
PemKeyPair MakeEcKeyPair(const char* curve);

/// A private key that asks for a passphrase.
Secret MakeProtectedPrivatePem();

std::string MakeRsaPublicPem();

}  // namespace rtcroom
