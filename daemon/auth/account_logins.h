// Ends the logins of a user.
#pragma once

#include <functional>

#include "daemon/auth/session_service.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/account_validities.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// All of it outlives the user.
struct AccountLoginsDeps {
  EndedLoginStore& store;
  AccountValidities& validities;
  SessionService& sessions;
  const Clock& dates;  ///< a `DatingClock`
  /// Ends the account's logins to the message channel here; at other programs on the store it
  /// follows from the stored validity.
  std::function<void(const AccountValidity& validity)> end_channel_logins =
      [](const AccountValidity&) {};
};

/// The one place where the logins of a user end: whatever was issued to it so far is refused from
/// then on, wherever it is accepted, by all programs on the store and after restarts.
///
/// @threads safe from any thread.
class AccountLogins {
 public:
  explicit AccountLogins(AccountLoginsDeps deps) : deps_(std::move(deps)) {}

  /// Refuses the tickets and the logins to the message channel that were issued up to and in this
  /// second, ends the session, and disconnects the clients. A ticket that is issued in the same
  /// second is refused, too: the user logs in anew from the next second on.
  /// A request that waits at `/channel/poll` is still answered.
  /// @errors kStoreBusy, kStoreBroken, kOutcomeUnknown: call it again. A part of it may have been
  ///         done.
  Status EndAll(const UserId& account);

 private:
  const AccountLoginsDeps deps_;
};

}  // namespace rtcroom
