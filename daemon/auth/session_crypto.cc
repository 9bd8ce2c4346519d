#include "daemon/auth/session_crypto.h"

#include <cassert>
#include <stdexcept>
#include <tuple>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace rtcroom {

SessionCrypto::SessionCrypto(RandomSource& random)
    : random_(random), sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
  if (sha256_ == nullptr) throw std::runtime_error("digest: " + TakeOpensslError());
  assert(EVP_MD_get_size(sha256_.get()) == static_cast<int>(std::tuple_size_v<TokenDigest>));
}

TokenDigest SessionCrypto::Digest(std::string_view token) const {
  TokenDigest digest{};
  const int made =
      EVP_Digest(token.data(), token.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr, sha256_.get(), nullptr);
  if (made != 1) throw std::runtime_error("digest: " + TakeOpensslError());
  return digest;
}

bool SessionCrypto::Same(const TokenDigest& left, const TokenDigest& right) {
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace rtcroom
