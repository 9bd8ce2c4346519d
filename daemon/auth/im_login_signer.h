// Signs login tickets and room keys with the key of the configured IM application.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/ecdsa_key.h"
#include "daemon/auth/login_signer.h"
#include "daemon/auth/private_map_key_signer.h"
#include "daemon/base/secret.h"

namespace rtcroom {

struct ImLoginSignerOptions {
  std::uint32_t sdk_app_id = 0;    ///< 0: no IM application, nothing is signed
  std::string account_type = "0";  ///< version 1 only
  int sig_version = 2;             ///< 1 or 2
  Secret secret_key{};             ///< of version 2; empty: nothing is signed
  Secret private_key_pem{};        ///< of version 1; empty: nothing is signed
  std::chrono::seconds user_sig_ttl = std::chrono::days(30);
};

/// @threads immutable: safe from any thread.
class ImLoginSigner : public LoginSigner, public PrivateMapKeySigner {
 public:
  /// A missing application or key is not an error here: all methods then return kUnavailable.
  /// @errors kBadRequest for a version other than 1 and 2, or an invalid private key.
  static Result<std::unique_ptr<ImLoginSigner>> Create(ImLoginSignerOptions options);

  [[nodiscard]] Status CanSign() const override;
  Result<std::string> SignUserSig(const UserId& user_id, TimePoint now) const override;
  [[nodiscard]] Result<std::string> SignAnonymousUserSig(const UserId& user_id,
                                                         TimePoint now) const override;
  [[nodiscard]] Result<std::string> SignPrivateMapKey(const UserId& user_id, std::uint32_t room,
                                                      TimePoint now) const override;

 private:
  ImLoginSigner(ImLoginSignerOptions options, std::optional<EcdsaPrivateKey> private_key);
  [[nodiscard]] Result<std::string> Sign(const UserId& user_id, TimePoint now,
                                         std::chrono::seconds life, std::string_view userbuf) const;

  const ImLoginSignerOptions options_;
  const std::optional<EcdsaPrivateKey> private_key_;
};

}  // namespace rtcroom
