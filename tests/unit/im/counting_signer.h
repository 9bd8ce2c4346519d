// Login tickets that contain their user and a counter.
#pragma once

#include <atomic>
#include <string>

#include "daemon/auth/login_signer.h"

namespace rtcroom {

/// @threads safe from any thread.
class CountingSigner : public LoginSigner {
 public:
  [[nodiscard]] Status CanSign() const override {
    return broken_ ? Error{Errc::kUnavailable, "no key"} : Status();
  }
  Result<std::string> SignUserSig(const UserId& user_id, TimePoint /*now*/) const override {
    if (broken_) return Error{Errc::kUnavailable, "no key"};
    return user_id.value + "-" + std::to_string(++signed_so_far_);
  }
  [[nodiscard]] Result<std::string> SignAnonymousUserSig(const UserId& user_id,
                                                         TimePoint now) const override {
    return SignUserSig(user_id, now);
  }

  /// Signs nothing from now on.
  void Break() { broken_ = true; }
  [[nodiscard]] int signed_so_far() const { return signed_so_far_; }

 private:
  mutable std::atomic<int> signed_so_far_{0};
  std::atomic<bool> broken_{false};
};

}  // namespace rtcroom
