// Who is logged in: the tokens that requests of gen-2 carry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// As they stand in the query string, percent-decoded; one that is missing is empty.
struct SessionLoginCommand {
  std::string sdk_app_id{};
  std::string account_type{};
  UserId user_id{};
  std::string user_sig{};
  std::string address{};  ///< the client's, numeric; empty: nobody knows
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

/// Sessions of users: one for each, good for every room kind.
///
/// @threads implementations are safe from any thread.
/// @source protocol B.1, B.2, C.5.
class Sessions {
 public:
  virtual ~Sessions() = default;

  /// Logs a user in who proves his identity, whoever it is: the deny list is of those whom we do
  /// not sign for. An earlier token of his ends.
  ///
  /// May wait for a commit.
  /// @errors kUnavailable when no application or key is configured; kStoreBusy, kStoreBroken:
  ///         then an earlier token stays good.
  virtual Result<SessionLogin> Login(const SessionLoginCommand& command) = 0;

  /// The same for a user whose identity the caller vouches for, as gen-1's login does.
  /// @param address  as in `SessionLoginCommand`.
  /// @return the token.
  /// @errors kBadRequest for what is no user id; kUnavailable when no application is configured;
  ///         kStoreBusy; kStoreBroken.
  /// @source protocol A.4.11.
  virtual Result<Secret> LoginTrusted(const UserId& user_id, std::string_view address) = 0;

  /// Ends the session that `token` is of; the outcome is that of a check of it. May wait for a
  /// commit.
  /// @errors kStoreBusy, kStoreBroken: then the token stays good.
  virtual Result<TokenOutcome> Logout(std::string_view user_id, std::string_view token) = 0;

  /// Whether `token` is good for that user. Then its life begins anew.
  ///
  /// Waits for nothing: the threads that read requests ask.
  /// @param user_id  any text; one that is missing is empty. So is `token`.
  virtual TokenOutcome Check(std::string_view user_id, std::string_view token) = 0;
};

}  // namespace rtcroom
