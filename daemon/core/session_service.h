// Logging in with a UserSig, and the tokens that gen-2 requests carry.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/secret.h"
#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/login_verifier.h"
#include "daemon/core/result.h"
#include "daemon/core/session_crypto.h"
#include "daemon/core/session_store.h"
#include "daemon/core/session_table.h"
#include "daemon/core/sip_hash.h"

namespace rtcroom {

/// As they stand in the query string, percent-decoded; one that is missing is empty.
struct SessionLoginCommand {
  std::string sdk_app_id{};
  std::string account_type{};
  UserId user_id{};
  std::string user_sig{};
};

/// In the order in which a login is checked: the first that applies is the outcome.
/// @source protocol B.1.
enum class LoginOutcome : std::uint8_t {
  kMissingParameter,  ///< or a user id that is none
  kMalformed,         ///< the UserSig is none
  kWrongApp,          ///< sdkAppID or accountType is not the configured one, or not the signed one
  kWrongUser,
  kExpired,
  kBadSignature,
  kOk,
};

struct SessionLogin {
  LoginOutcome outcome = LoginOutcome::kMissingParameter;
  Secret token{};  ///< only with kOk
};

/// In the order in which a token is checked.
/// @source protocol B.2.
enum class TokenOutcome : std::uint8_t {
  kMissing,     ///< no user id or no token
  kMalformed,   ///< not a token of any application
  kUnknownApp,  ///< of another application than the configured one
  kNoSession,   ///< the user is not logged in, or was for too long without a request
  kWrongToken,  ///< not that of the user's last login
  kOk,
};

struct SessionOptions {
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";  ///< digits
  SessionTableOptions table{};
  SipHashKey hash_key{};  ///< random, of this process
};

struct SessionServiceParts {
  const LoginVerifier& verifier;
  SessionStore& store;
  SessionCrypto& crypto;
  const Clock& clock;
};

/// What one call of `Upkeep` did.
struct SessionUpkeep {
  std::size_t uses_written = 0;
  std::size_t removed = 0;  ///< from the store: ended or evicted
  bool left_some = false;   ///< there is more to do at once
};

/// Tokens for users, one for each, good for all kinds of rooms. The store has a login before it is
/// answered; it hears of uses later, in batches.
///
/// @threads safe from any thread.
/// @source protocol B.1, B.2, C.5.
class SessionService {
 public:
  SessionService(const SessionServiceParts& parts, SessionOptions options);

  /// Reads the sessions that an earlier run left. Call it once, before anything else.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore();

  /// Logs a user in who proves his identity, whoever it is: the deny list is of those whom we do
  /// not sign for. An earlier token of his ends.
  ///
  /// Waits for a commit of the store.
  ///
  /// @errors kUnavailable when no application or key is configured; kStoreBusy, kStoreBroken:
  ///         then an earlier token stays good.
  Result<SessionLogin> Login(const SessionLoginCommand& command);

  /// The same for a user whose identity the caller vouches for, as gen-1's login does.
  ///
  /// @return the token.
  /// @errors kBadRequest for what is no user id; kUnavailable when no application is configured;
  ///         kStoreBusy; kStoreBroken.
  /// @source protocol A.4.11.
  Result<Secret> LoginTrusted(const UserId& user_id);

  /// Ends the session that `token` is of; the outcome is that of a check of it.
  ///
  /// Waits for a commit of the store.
  ///
  /// @errors kStoreBusy, kStoreBroken: then the token stays good.
  Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token);

  /// Whether `token` is good for that user. Then its life begins anew.
  ///
  /// Never waits for the store: may be called from an event loop.
  ///
  /// @param user_id  any text; one that is missing is empty. So is `token`.
  TokenOutcome Check(std::string_view user_id, std::string_view token);

  /// Writes uses to the store, and removes from it and from memory what is over: a bounded
  /// share of each. To be called every few seconds, by one thread at a time.
  ///
  /// @errors kStoreBusy, kStoreBroken: a later call tries again.
  Result<SessionUpkeep> Upkeep();

  /// How many are logged in, sessions that have ended but were not removed yet included.
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  Result<Secret> Begin(const UserId& user_id);
  /// @return kOk when it is a token of our application.
  [[nodiscard]] TokenOutcome Screen(std::string_view user_id, std::string_view token) const;
  [[nodiscard]] bool IsOurApp(const SessionLoginCommand& command) const;
  Status WriteBacklog(SessionUpkeep& done);

  const LoginVerifier& verifier_;
  SessionStore& store_;
  SessionCrypto& crypto_;
  const Clock& clock_;
  const SessionOptions options_;
  const std::string application_;  ///< as tokens name it
  SessionTable table_;
  std::atomic<std::uint64_t> last_number_{0};
};

}  // namespace rtcroom
