// The key pair of UserSig version 1: ECDSA on P-256 over SHA-256.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/types.h>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// @threads immutable: safe from any thread.
class EcdsaPublicKey {
 public:
  /// Reads a PEM `PUBLIC KEY`.
  /// @errors kBadRequest when it is not one, or of another type or curve; the message says which.
  static Result<EcdsaPublicKey> FromPem(std::string_view pem);

  /// Whether `signature` (DER) is this key's over `text`.
  [[nodiscard]] bool Verify(std::string_view text, std::string_view signature) const;

 private:
  friend class EcdsaPrivateKey;
  explicit EcdsaPublicKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  // A private key shares its object with the public key made of it.
  std::shared_ptr<EVP_PKEY> key_;
};

/// @threads immutable: safe from any thread.
class EcdsaPrivateKey {
 public:
  /// Reads a PEM `PRIVATE KEY` or `EC PRIVATE KEY` that has no passphrase.
  /// @errors kBadRequest when it is not one, or of another type or curve; the message says which
  ///         and contains nothing of the key.
  static Result<EcdsaPrivateKey> FromPem(const Secret& pem);

  /// A DER signature over `text`; different each time.
  /// @errors kInternal when OpenSSL fails.
  [[nodiscard]] Result<std::string> Sign(std::string_view text) const;

  [[nodiscard]] EcdsaPublicKey PublicKey() const { return EcdsaPublicKey(key_); }

 private:
  explicit EcdsaPrivateKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace rtcroom
