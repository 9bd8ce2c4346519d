// Checks login tickets with the key of the configured IM application.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/secret.h"
#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"
#include "daemon/signing/ecdsa_key.h"
#include "daemon/signing/user_sig.h"

namespace rtcroom {

struct UserSigVerifierOptions {
  std::uint32_t sdk_app_id = 0;
  int sig_version = 2;           ///< 1 or 2; a ticket of the other one is malformed
  Secret secret_key{};           ///< of version 2
  std::string public_key_pem{};  ///< of version 1; empty: that of the private key
  Secret private_key_pem{};      ///< of version 1
};

/// @threads immutable: safe from any thread.
class UserSigVerifier {
 public:
  /// @errors kUnavailable when the application or the key of that version is missing;
  ///         kBadRequest for another version than 1 and 2, or a key that is not one.
  static Result<UserSigVerifier> Create(const UserSigVerifierOptions& options);

  /// Whether `sig` lets that user in at `now`.
  [[nodiscard]] UserSigOutcome Verify(std::string_view sig, const UserId& user_id,
                                      TimePoint now) const;

 private:
  UserSigVerifier(std::uint32_t sdk_app_id, Secret secret_key,
                  std::optional<EcdsaPublicKey> public_key);

  std::uint32_t sdk_app_id_;
  Secret secret_key_;
  std::optional<EcdsaPublicKey> public_key_;  ///< set for version 1 alone
};

}  // namespace rtcroom
