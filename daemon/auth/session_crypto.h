// Cryptography for sessions. The core contains no cryptography.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace rtcroom {

/// A SHA-256: the only stored form of a token.
using TokenDigest = std::array<std::byte, 32>;

/// @threads implementations are safe from any thread.
class SessionCrypto {
 public:
  virtual ~SessionCrypto() = default;

  /// 128 bits of a CSPRNG as 32 characters of lower-case hex.
  /// @source protocol B.1.
  virtual std::string NewTokenSecret() = 0;

  /// The SHA-256 of `token`.
  [[nodiscard]] virtual TokenDigest Digest(std::string_view token) const = 0;

  /// Compares in constant time.
  [[nodiscard]] virtual bool Same(const TokenDigest& left, const TokenDigest& right) const = 0;

  /// RFC 4648, section 4, with padding.
  [[nodiscard]] virtual std::string EncodeBase64(std::string_view bytes) const = 0;
};

}  // namespace rtcroom
