// Logins to the message channel, for all servers that share a store.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// One login of an account, or its end by a logout.
struct AccountLogin {
  UserId account{};
  std::uint64_t instance = 0;  ///< distinguishes logins of the same millisecond; any 64 bits
  TimePoint logged_in{};
  TimePoint expires{};
  bool has_ended = false;

  bool operator==(const AccountLogin&) const = default;
};

/// Tells of logins and logouts. They are not kept: a login lives in its token.
///
/// @threads safe from any thread.
class AccountLoginLog {
 public:
  virtual ~AccountLoginLog() = default;

  /// Reports them to all servers on the store, including this one, as
  /// `Committed::account_logins`.
  /// @errors kStoreBusy; kStoreBroken; kOutcomeUnknown: they may be stored again.
  virtual Status ReportLogins(std::span<const AccountLogin> logins) = 0;
};

}  // namespace rtcroom
