// Verification of the login tickets that users send.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Listed in the order in which a ticket is checked: the first that applies is the outcome. So only
/// `kBadSignature`, those after it and the end of a user's logins depend on the signer.
/// @source protocol B.1.
enum class UserSigOutcome : std::uint8_t {
  kMalformed,  ///< not a ticket of any version
  kWrongApp,   ///< made for another IM application
  kWrongUser,  ///< made for another user
  kExpired,    ///< expired, or issued before the logins of its user were ended
  /// Altered, signed with another key, or of a version whose key is not configured.
  kBadSignature,
  kAnonymous,  ///< valid, but anybody could get it: it does not prove who its holder is
  kOk,
};

/// "malformed", "wrong app id", ...: for display.
constexpr std::string_view UserSigOutcomeName(UserSigOutcome outcome) {
  switch (outcome) {
    case UserSigOutcome::kMalformed:
      return "malformed";
    case UserSigOutcome::kWrongApp:
      return "wrong app id";
    case UserSigOutcome::kWrongUser:
      return "wrong user";
    case UserSigOutcome::kExpired:
      return "expired";
    case UserSigOutcome::kBadSignature:
      return "bad signature";
    case UserSigOutcome::kAnonymous:
      return "anonymous";
    case UserSigOutcome::kOk:
      return "ok";
  }
  return "";
}

/// Verifies UserSigs (protocol D.1, D.2).
///
/// @threads implementations are immutable: safe from any thread.
class LoginVerifier {
 public:
  virtual ~LoginVerifier() = default;

  /// Whether any ticket can be verified.
  /// @errors kUnavailable when no IM application or key is configured.
  [[nodiscard]] virtual Status CanVerify() const = 0;

  /// Whether all logins of the user were ended once: a ticket that was verified shortly before may
  /// be over.
  [[nodiscard]] virtual bool HasEndedLogins(const UserId& user_id) const = 0;

  /// Whether `sig`, of either version, authenticates that user at `now`. Never kOk or kAnonymous
  /// while `CanVerify` fails, nor for a privateMapKey: those are issued to every user (protocol
  /// B.8).
  [[nodiscard]] virtual UserSigOutcome VerifyUserSig(std::string_view sig, const UserId& user_id,
                                                     TimePoint now) const = 0;
};

}  // namespace rtcroom
