// Sessions that begin and end as a test wants.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/sessions.h"

namespace rtcroom {

/// Believes every ticket. The token of a user shows whose it is: `token-of-u1`; there are two that
/// nobody has, `malformed` and `other-app`.
///
/// @threads safe from any thread, but for its public members: set them before it is asked.
class FakeSessions : public Sessions {
 public:
  std::optional<LoginFault> fault{};  ///< of every ticket
  std::optional<Error> failure{};     ///< of all that waits for a commit

  static std::string TokenOf(std::string_view user_id) {
    return std::string("token-of-").append(user_id);
  }

  Result<LoginAnswer> Login(const LoginClaim& claim) override {
    {
      const MutexLock lock(mutex_);
      claims_.push_back(claim);
    }
    if (failure) return *failure;
    if (fault) return LoginAnswer(*fault);
    if (!claim.user_id) return LoginAnswer(LoginFault::kIncomplete);
    const Result<Secret> token = LoginTrusted({*claim.user_id});
    if (!token) return token.error();
    return LoginAnswer(*token);
  }

  Result<Secret> LoginTrusted(const UserId& user_id) override {
    if (failure) return *failure;
    const MutexLock lock(mutex_);
    return Secret(tokens_[user_id.value] = TokenOf(user_id.value));
  }

  Status Logout(std::string_view user_id, std::string_view token) override {
    if (failure) return *failure;
    if (const Status good = Check(user_id, token); !good) return good;
    const MutexLock lock(mutex_);
    tokens_.erase(std::string(user_id));
    return {};
  }

  Status Check(std::string_view user_id, std::string_view token) override {
    if (user_id.empty() || token.empty()) return Error{Errc::kNoCredentials, {}};
    if (token == "malformed") return Error{Errc::kTokenMalformed, {}};
    if (token == "other-app") return Error{Errc::kUnknownApp, {}};
    const MutexLock lock(mutex_);
    const auto session = tokens_.find(user_id);
    if (session == tokens_.end()) return Error{Errc::kNoSession, {}};
    if (session->second != token) return Error{Errc::kTokenWrong, {}};
    return {};
  }

  /// What logins said, in order.
  [[nodiscard]] std::vector<LoginClaim> claims() const {
    const MutexLock lock(mutex_);
    return claims_;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::string, std::less<>> tokens_ GUARDED_BY(mutex_);
  std::vector<LoginClaim> claims_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
