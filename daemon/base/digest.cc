#include "daemon/base/digest.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

std::string_view AsText(const unsigned char* bytes, std::size_t length) {
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

HmacKey::HmacKey(const Secret& key, std::string digest) {
  const EvpMacPtr hmac(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr));
  if (hmac != nullptr) prepared_.reset(EVP_MAC_CTX_new(hmac.get()));
  const std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  const std::string& bytes = key.Reveal();
  if (prepared_ == nullptr ||
      EVP_MAC_init(prepared_.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                   bytes.size(), params.data()) != 1) {
    throw std::runtime_error("hmac: " + TakeOpensslError());
  }
}

std::string HmacKey::Sign(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  std::size_t length = 0;
  const EvpMacCtxPtr context(EVP_MAC_CTX_dup(prepared_.get()));
  if (context == nullptr ||
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size()) != 1 ||
      EVP_MAC_final(context.get(), code.data(), &length, code.size()) != 1) {
    throw std::runtime_error("hmac: " + TakeOpensslError());
  }
  return std::string(AsText(code.data(), length));
}

std::string HmacSha256(const Secret& key, std::string_view text) { return HmacKey(key).Sign(text); }

std::string HmacSha1(const Secret& key, std::string_view text) {
  return HmacKey(key, OSSL_DIGEST_NAME_SHA1).Sign(text);
}

std::string Scrypt(const Secret& password, std::string_view salt, std::size_t bytes) {
  constexpr std::uint64_t kRounds = 1 << 14;
  constexpr std::uint64_t kBlock = 8;
  constexpr std::uint64_t kParallel = 1;
  constexpr std::uint64_t kMostMemory = std::uint64_t{32} << 20;
  const std::string& text = password.Reveal();
  std::string derived(bytes, '\0');
  if (EVP_PBE_scrypt(text.data(), text.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                     salt.size(), kRounds, kBlock, kParallel, kMostMemory,
                     reinterpret_cast<unsigned char*>(derived.data()), derived.size()) != 1) {
    throw std::runtime_error("scrypt: " + TakeOpensslError());
  }
  return derived;
}

bool SameBytes(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace rtcroom
