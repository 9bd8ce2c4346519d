// The interface to the stored ends of logins.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Why a login to the message channel has ended. The numbers are stored: never reuse one.
enum class LoginEnd : std::uint8_t { kKicked = 1, kLoggedOut = 2 };

/// A login to the message channel that has ended before its token: that is refused from now on.
struct EndedLogin {
  UserId account{};
  /// Its number; 0: all logins of the account that began before `logged_in`.
  std::uint64_t instance = 0;
  TimePoint logged_in{};
  TimePoint expires{};  ///< when it may be removed: not before the tokens have expired
  LoginEnd end = LoginEnd::kLoggedOut;

  [[nodiscard]] bool IsOfAllBefore() const { return instance == 0; }
  bool operator==(const EndedLogin&) const = default;
};

/// Tickets, tokens and logins that were issued to the account up to and in that second are refused.
struct AccountValidity {
  UserId account{};
  std::chrono::sys_seconds valid_from{};

  bool operator==(const AccountValidity&) const = default;
};

/// Its records are as durable as the rooms of the store.
///
/// @threads every method is safe from any thread.
class EndedLoginStore {
 public:
  virtual ~EndedLoginStore() = default;

  /// Loads the logins that expire after `now`, in no order.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<EndedLogin>> LoadEndedLogins(TimePoint now) = 0;
  /// If several end all logins of an account, the latest is kept; it covers single ones before it.
  /// A shared store reports them as `Committed::ended_logins`.
  /// @errors kStoreBusy; kStoreBroken; kOutcomeUnknown: they may be stored again.
  virtual Status PutEndedLogins(std::span<const EndedLogin> logins) = 0;
  /// Removes those whose tokens expired at `now` or before.
  /// @param now  of the `RemovalClock`; its mark goes with a removal.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveEndedLogins(TimePoint now) = 0;

  /// One for each account whose logins were ever ended: an application signs tickets with any
  /// expiry, so none is removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<AccountValidity>> LoadAccountValidities() = 0;
  /// A stored one that is later stays. A shared store reports it as
  /// `Committed::account_validities`.
  /// @errors kStoreBusy; kStoreBroken; kOutcomeUnknown: it may be stored again.
  virtual Status PutAccountValidity(const AccountValidity& validity) = 0;
};

}  // namespace rtcroom
