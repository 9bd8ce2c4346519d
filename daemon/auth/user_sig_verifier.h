// Checks login tickets with the keys of the configured IM application.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/ecdsa_key.h"
#include "daemon/auth/login_verifier.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom {

struct UserSigVerifierOptions {
  std::uint32_t sdk_app_id = 0;
  Secret secret_key{};           ///< of version 2; empty: none of that version is good
  std::string public_key_pem{};  ///< of version 1; empty: that of the private key
  Secret private_key_pem{};      ///< of version 1; empty as well: none of that version is good
};

/// Takes tickets of both versions, whichever of them is signed here.
///
/// @threads immutable: safe from any thread.
class UserSigVerifier : public LoginVerifier {
 public:
  /// A missing application or key is no error here: see `CanVerify`.
  /// @errors kBadRequest for a key that is not one.
  static Result<std::unique_ptr<UserSigVerifier>> Create(const UserSigVerifierOptions& options);

  [[nodiscard]] Status CanVerify() const override;
  [[nodiscard]] UserSigOutcome VerifyUserSig(std::string_view sig, const UserId& user_id,
                                             TimePoint now) const override;

  /// The same of a privateMapKey, too: whether it is good in its room.
  [[nodiscard]] UserSigOutcome VerifyAnyTicket(std::string_view sig, const UserId& user_id,
                                               TimePoint now) const;

 private:
  UserSigVerifier(std::uint32_t sdk_app_id, Secret secret_key,
                  std::optional<EcdsaPublicKey> public_key);

  const std::uint32_t sdk_app_id_;
  const Secret secret_key_;
  const std::optional<EcdsaPublicKey> public_key_;
};

}  // namespace rtcroom
