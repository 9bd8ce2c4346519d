// Sessions controlled by a test.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/sessions.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

/// Accepts every ticket. The token of a user names the user: `token-of-u1`; no user has the tokens
/// `malformed` and `other-app`.
///
/// @threads safe from any thread, except for its public members: set them before the first call.
class FakeSessions : public Sessions {
 public:
  std::optional<LoginOutcome> fault{};  ///< of every ticket
  std::optional<Error> failure{};       ///< of every operation that waits for a commit

  static std::string TokenOf(std::string_view user_id) {
    return std::string("token-of-").append(user_id);
  }

  Result<SessionLogin> Login(const SessionLoginCommand& command) override {
    {
      const MutexLock lock(mutex_);
      commands_.push_back(command);
    }
    if (failure) return *failure;
    if (fault) return SessionLogin{.outcome = *fault};
    if (command.user_id.value.empty()) return SessionLogin{};
    const Result<Secret> token = LoginTrusted(command.user_id);
    if (!token) return token.error();
    return SessionLogin{.outcome = LoginOutcome::kOk, .token = *token};
  }

  /// From any address.
  Result<Secret> LoginTrusted(const UserId& user_id) { return LoginTrusted(user_id, {}); }
  Result<Secret> LoginTrusted(const UserId& user_id, std::string_view /*address*/) override {
    if (failure) return *failure;
    const MutexLock lock(mutex_);
    return Secret(tokens_[user_id.value] = TokenOf(user_id.value));
  }

  Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token) override {
    if (failure) return *failure;
    const TokenOutcome outcome = Check(user_id, token);
    if (outcome != TokenOutcome::kOk) return outcome;
    const MutexLock lock(mutex_);
    tokens_.erase(std::string(user_id));
    return outcome;
  }

  TokenOutcome Check(std::string_view user_id, std::string_view token) override {
    if (user_id.empty() || token.empty()) return TokenOutcome::kMissing;
    if (token == "malformed") return TokenOutcome::kMalformed;
    if (token == "other-app") return TokenOutcome::kUnknownApp;
    const MutexLock lock(mutex_);
    const auto session = tokens_.find(user_id);
    if (session == tokens_.end()) return TokenOutcome::kNoSession;
    return session->second == token ? TokenOutcome::kOk : TokenOutcome::kWrongToken;
  }

  /// The login commands, in order.
  [[nodiscard]] std::vector<SessionLoginCommand> commands() const {
    const MutexLock lock(mutex_);
    return commands_;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::string, std::less<>> tokens_ GUARDED_BY(mutex_);
  std::vector<SessionLoginCommand> commands_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
