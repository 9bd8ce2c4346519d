#include "daemon/auth/ecdsa_key.h"

#include <array>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <openssl/pem.h>

#include "daemon/base/openssl_ptr.h"

namespace rtcroom {
namespace {

Result<std::shared_ptr<EVP_PKEY>> CheckKey(EvpPkeyPtr key, std::string_view what) {
  if (key == nullptr) {
    return Error{Errc::kBadRequest,
                 fmt::format("not a readable PEM {}: {}", what, TakeOpensslError())};
  }
  std::array<char, 32> curve{};
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(key.get(), curve.data(), curve.size(), nullptr) != 1 ||
      std::string_view(curve.data()) != SN_X9_62_prime256v1) {
    ERR_clear_error();
    return Error{Errc::kBadRequest, fmt::format("the {} is not of the curve P-256", what)};
  }
  return std::shared_ptr<EVP_PKEY>(std::move(key));
}

}  // namespace

Result<EcdsaPublicKey> EcdsaPublicKey::FromPem(std::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  EvpPkeyPtr read(PEM_read_bio_PUBKEY(bio.get(), nullptr, NoPassphrase, nullptr));
  Result<std::shared_ptr<EVP_PKEY>> key = CheckKey(std::move(read), "public key");
  if (!key) return key.error();
  return EcdsaPublicKey(*std::move(key));
}

bool EcdsaPublicKey::Verify(std::string_view text, std::string_view signature) const {
  const EvpMdCtxPtr context(EVP_MD_CTX_new());
  const bool verified =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) == 1;
  ERR_clear_error();
  return verified;
}

Result<EcdsaPrivateKey> EcdsaPrivateKey::FromPem(const Secret& pem) {
  const BioPtr bio = ReadingBio(pem.Reveal());
  EvpPkeyPtr read(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  Result<std::shared_ptr<EVP_PKEY>> key = CheckKey(std::move(read), "private key");
  if (!key) return key.error();
  return EcdsaPrivateKey(*std::move(key));
}

Result<std::string> EcdsaPrivateKey::Sign(std::string_view text) const {
  const EvpMdCtxPtr context(EVP_MD_CTX_new());
  const auto* const message = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t length = 0;
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, message, text.size()) != 1) {
    return Error{Errc::kInternal, "ECDSA: " + TakeOpensslError()};
  }
  // The first call returned the maximum length; the second returns the actual one.
  std::string signature(length, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     message, text.size()) != 1) {
    return Error{Errc::kInternal, "ECDSA: " + TakeOpensslError()};
  }
  signature.resize(length);
  return signature;
}

}  // namespace rtcroom
