// The digests and the keyed digest of the protocol. They throw std::runtime_error where the
// system's OpenSSL lacks the algorithm, such as MD5 in FIPS mode.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/base/openssl_ptr.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// Lower-case hex. For txSecret of stream URLs, whose form the media service defines.
std::string Md5Hex(std::string_view text);

/// Lower-case hex.
std::string Sha256Hex(std::string_view text);

/// HMAC-SHA256 with one key. To prepare a key takes several times as long as to sign a short text.
///
/// @threads immutable.
class HmacKey {
 public:
  explicit HmacKey(const Secret& key) : HmacKey(key, "SHA2-256") {}

  /// The 32 raw bytes.
  [[nodiscard]] std::string Sign(std::string_view text) const;

 private:
  friend std::string HmacSha1(const Secret& key, std::string_view text);
  /// @param digest  as OpenSSL names it.
  HmacKey(const Secret& key, std::string digest);

  EvpMacCtxPtr prepared_;
};

/// The HMAC-SHA256 with a key that is used once.
std::string HmacSha256(const Secret& key, std::string_view text);
/// The 20 raw bytes of HMAC-SHA1, which relays ask for.
std::string HmacSha1(const Secret& key, std::string_view text);

/// A digest that is slow to compute, so that a password cannot be found by trying: tens of
/// milliseconds and 16 MiB.
/// @return that many raw bytes.
/// @source RFC 7914, with N = 2^14, r = 8, p = 1.
std::string Scrypt(const Secret& password, std::string_view salt, std::size_t bytes);

/// Compares in a time that depends only on the lengths.
bool SameBytes(std::string_view left, std::string_view right);

}  // namespace rtcroom
