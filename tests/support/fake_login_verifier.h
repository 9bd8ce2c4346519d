// Login tickets whose validity a test controls.
#pragma once

#include <string>
#include <string_view>

#include "daemon/auth/login_verifier.h"

namespace rtcroom {

/// Accepts "sig-of-" plus the user, as `FakeLoginSigner` makes it, unless `outcome` is set.
class FakeLoginVerifier : public LoginVerifier {
 public:
  bool configured = true;
  UserSigOutcome outcome = UserSigOutcome::kOk;

  [[nodiscard]] Status CanVerify() const override {
    return configured ? Status() : Error{Errc::kUnavailable, "no key"};
  }
  [[nodiscard]] bool HasEndedLogins(const UserId& /*user_id*/) const override {
    return outcome == UserSigOutcome::kExpired;
  }
  [[nodiscard]] UserSigOutcome VerifyUserSig(std::string_view sig, const UserId& user_id,
                                             TimePoint /*now*/) const override {
    if (!sig.starts_with("sig-of-")) return UserSigOutcome::kMalformed;
    if (outcome != UserSigOutcome::kOk) return outcome;
    return sig == "sig-of-" + user_id.value ? UserSigOutcome::kOk : UserSigOutcome::kWrongUser;
  }
};

}  // namespace rtcroom
