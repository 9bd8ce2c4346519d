// Cryptography for sessions, on OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "daemon/auth/session_crypto.h"
#include "daemon/base/openssl_ptr.h"
#include "daemon/base/random_source.h"

namespace rtcroom {

/// @threads safe from any thread.
class OpensslSessionCrypto : public SessionCrypto {
 public:
  /// Throws std::runtime_error where the system's OpenSSL has no SHA-256.
  explicit OpensslSessionCrypto(RandomSource& random);

  std::string NewTokenSecret() override;
  [[nodiscard]] TokenDigest Digest(std::string_view token) const override;
  [[nodiscard]] bool Same(const TokenDigest& left, const TokenDigest& right) const override;
  [[nodiscard]] std::string EncodeBase64(std::string_view bytes) const override;

 private:
  RandomSource& random_;
  // Fetching an algorithm takes longer than hashing a token with it.
  const EvpMdPtr sha256_;
};

}  // namespace rtcroom
