// Who is logged in: the tokens that requests of gen-2 carry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/base/secret.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// What a login says, as it was sent; nothing where it says nothing.
struct LoginClaim {
  std::optional<std::string> sdk_app_id{};
  std::optional<std::string> account_type{};
  std::optional<std::string> user_id{};
  std::optional<std::string> user_sig{};
};

/// Why a login is refused.
/// @source protocol B.1.
enum class LoginFault : std::uint8_t {
  kIncomplete,       ///< a parameter is missing or empty
  kMalformedTicket,  ///< the UserSig is none
  kOtherApp,         ///< of another application than ours, or than the ticket's
  kOtherUser,        ///< the ticket is not that user's
  kExpired,
  kBadSignature,
};

/// The token of a new session, or why there is none.
using LoginAnswer = std::variant<Secret, LoginFault>;

/// Sessions of users: one for each, good for every room kind.
///
/// @threads implementations are safe from any thread.
/// @source protocol B.1, B.2, C.5.
class Sessions {
 public:
  virtual ~Sessions() = default;

  /// Begins the session of a user who proves himself by his ticket; an earlier one of his ends.
  ///
  /// May wait for a commit.
  /// @errors kUnavailable when tickets cannot be verified; kStoreBusy; kStoreBroken.
  virtual Result<LoginAnswer> Login(const LoginClaim& claim) = 0;

  /// The same for a user whom the caller vouches for.
  /// @return the token.
  /// @errors as `Login`.
  virtual Result<Secret> LoginTrusted(const UserId& user_id) = 0;

  /// Ends the session that `token` is of. May wait for a commit.
  /// @param user_id  any text, likewise `token`; empty when there is none.
  /// @errors those of `Check`; kStoreBusy; kStoreBroken.
  virtual Status Logout(std::string_view user_id, std::string_view token) = 0;

  /// Whether the user is logged in with that token; his session's life begins anew then.
  ///
  /// Waits for nothing: the threads that read requests ask.
  /// @param user_id  any text, likewise `token`; empty when there is none.
  /// @errors kNoCredentials; kTokenMalformed; kUnknownApp; kNoSession; kTokenWrong.
  virtual Status Check(std::string_view user_id, std::string_view token) = 0;
};

}  // namespace rtcroom
