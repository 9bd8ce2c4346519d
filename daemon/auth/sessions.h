// Sessions: the tokens that requests of gen-2 carry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The parameters as in the query string, percent-decoded; a missing one is empty.
struct SessionLoginCommand {
  std::string sdk_app_id{};
  std::string account_type{};
  UserId user_id{};
  std::string user_sig{};
  std::string address{};  ///< the client's, numeric; empty: unknown
};

/// The outcomes are in the order in which a login is checked: the first that applies is the
/// outcome.
/// @source protocol B.1.
enum class LoginOutcome : std::uint8_t {
  kMissingParameter,  ///< or an invalid user id
  kMalformed,         ///< the UserSig is malformed
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

/// The outcomes are in the order in which a token is checked.
/// @source protocol B.2.
enum class TokenOutcome : std::uint8_t {
  kMissing,     ///< no user id or no token
  kMalformed,   ///< not a token of any application
  kUnknownApp,  ///< of an application other than the configured one
  kNoSession,   ///< the user is not logged in, or the session expired
  kWrongToken,  ///< not the token of the user's last login
  kOk,
};

/// The failure of a call with such a token, which is not kOk.
Errc ErrcOf(TokenOutcome outcome);

/// There may be a login that is not known here, where other servers use the store.
bool IsUnknown(TokenOutcome outcome);

/// Sessions of users: one per user, valid for every room kind.
///
/// @threads implementations are safe from any thread.
/// @source protocol B.1, B.2, C.5.
class Sessions {
 public:
  virtual ~Sessions() = default;

  /// Logs a user in with a valid UserSig. The deny list does not apply: it restricts only the
  /// tickets that this server signs. An earlier token of the user becomes invalid.
  ///
  /// May wait for a commit.
  /// @errors kUnavailable when no application or key is configured; kStoreBusy, kStoreBroken: then
  ///         an earlier token stays valid.
  virtual Result<SessionLogin> Login(const SessionLoginCommand& command) = 0;

  /// It logs in a user whose identity the caller has verified, as gen-1's login does.
  /// @param address  as in `SessionLoginCommand`.
  /// @return the token.
  /// @errors kBadRequest for an invalid user id; kUnavailable when no application is configured;
  ///         kStoreBusy; kStoreBroken.
  /// @source protocol A.4.11.
  virtual Result<Secret> LoginTrusted(const UserId& user_id, std::string_view address) = 0;

  /// Ends the session of `token`; the outcome is that of checking the token. May wait for a commit.
  /// @errors kStoreBusy, kStoreBroken: then the token stays valid.
  virtual Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token) = 0;

  /// Whether `token` is valid for that user. If so, renews the session.
  ///
  /// Does not block: called on the threads that read requests.
  /// @param user_id  any text; empty when missing. Likewise `token`.
  virtual TokenOutcome Check(std::string_view user_id, std::string_view token) = 0;

  /// It does what `Check` does, and asks the store, which other servers use, about a session that
  /// is not in memory. May wait for the store.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<TokenOutcome> CheckStored(std::string_view user_id, std::string_view token) {
    return Check(user_id, token);
  }
};

}  // namespace rtcroom
