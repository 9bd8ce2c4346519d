// Verifies login tickets with the keys of the configured IM application.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/ecdsa_key.h"
#include "daemon/auth/login_verifier.h"
#include "daemon/auth/user_sig.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/account_validities.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_policy.h"

namespace rtcroom {

struct UserSigVerifierOptions {
  std::uint32_t sdk_app_id = 0;
  Secret secret_key{};           ///< of version 2; empty: rejects that version
  std::string public_key_pem{};  ///< of version 1; empty: derived from the private key
  Secret private_key_pem{};      ///< of version 1; both empty: rejects that version
  /// kShared: an anonymous ticket authenticates its user as any other does.
  Interop interop = Interop::kIsolated;
  /// Outlives the verifier; null: no account's tickets were ended.
  const AccountValidities* validities = nullptr;
};

/// Accepts tickets of both versions, whichever of them this server signs. One that was issued
/// before the logins of its user were ended counts as expired.
///
/// @threads safe from any thread.
class UserSigVerifier : public LoginVerifier {
 public:
  /// A missing application or key is not an error here: see `CanVerify`.
  /// @errors kBadRequest for an invalid key.
  static Result<std::unique_ptr<UserSigVerifier>> Create(const UserSigVerifierOptions& options);

  [[nodiscard]] Status CanVerify() const override;
  [[nodiscard]] bool HasEndedLogins(const UserId& user_id) const override;
  [[nodiscard]] UserSigOutcome VerifyUserSig(std::string_view sig, const UserId& user_id,
                                             TimePoint now) const override;

  /// Verifies a ticket or a privateMapKey, which is valid in its room. The outcome is never
  /// kAnonymous.
  [[nodiscard]] UserSigOutcome VerifyAnyTicket(std::string_view sig, const UserId& user_id,
                                               TimePoint now) const;

  /// The times of a ticket. Call it for a valid one, so that they are the signed ones.
  /// @return nullopt for a text that is no ticket.
  [[nodiscard]] static std::optional<UserSigTimes> TimesOf(std::string_view sig);

 private:
  UserSigVerifier(const UserSigVerifierOptions& options, std::optional<EcdsaPublicKey> public_key);

  const std::uint32_t sdk_app_id_;
  const Secret secret_key_;
  const std::optional<EcdsaPublicKey> public_key_;
  const Interop interop_;
  const AccountValidities* const validities_;
};

}  // namespace rtcroom
