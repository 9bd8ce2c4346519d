#include "daemon/auth/digest.h"

#include <array>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "daemon/base/openssl_ptr.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

std::string_view AsText(const unsigned char* bytes, unsigned length) {
  return {reinterpret_cast<const char*>(bytes), length};
}

std::string DigestHex(std::string_view text, const EVP_MD* algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const int made = EVP_Digest(text.data(), text.size(), digest.data(), &length, algorithm, nullptr);
  if (made != 1) throw std::runtime_error("digest: " + TakeOpensslError());
  return ToHex(AsText(digest.data(), length));
}

}  // namespace

std::string Md5Hex(std::string_view text) { return DigestHex(text, EVP_md5()); }

std::string Sha256Hex(std::string_view text) { return DigestHex(text, EVP_sha256()); }

std::string HmacSha256(const Secret& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const std::string& key_text = key.Reveal();
  const unsigned char* made = HMAC(EVP_sha256(), key_text.data(), static_cast<int>(key_text.size()),
                                   reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                   digest.data(), &length);
  if (made == nullptr) throw std::runtime_error("hmac: " + TakeOpensslError());
  return std::string(AsText(digest.data(), length));
}

bool SameBytes(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace rtcroom
