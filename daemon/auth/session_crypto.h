// Cryptography for sessions.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/openssl_ptr.h"
#include "daemon/base/random_source.h"
#include "daemon/core/session_store.h"

namespace rtcroom {

/// @threads safe from any thread.
class SessionCrypto {
 public:
  /// @param random  a CSPRNG; outlives this.
  /// @throws std::runtime_error where the system's OpenSSL has no SHA-256.
  explicit SessionCrypto(RandomSource& random);

  /// 128 random bits as 32 characters of lower-case hex.
  /// @source protocol B.1.
  std::string NewTokenSecret() { return RandomHex(random_, 16); }

  /// The SHA-256 of `token`.
  [[nodiscard]] TokenDigest Digest(std::string_view token) const;

  /// Compares in constant time.
  [[nodiscard]] static bool Same(const TokenDigest& left, const TokenDigest& right);

 private:
  RandomSource& random_;
  // Fetching an algorithm takes longer than hashing a token with it.
  const EvpMdPtr sha256_;
};

}  // namespace rtcroom
