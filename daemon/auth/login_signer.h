// Login tickets for the IM service.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Signs UserSigs (protocol D.1, D.2).
///
/// @threads implementations are immutable: safe from any thread.
class LoginSigner {
 public:
  virtual ~LoginSigner() = default;

  /// Whether tickets can be signed at all; checked before a login code is spent.
  /// @errors kUnavailable when no IM application or key is configured.
  [[nodiscard]] virtual Status CanSign() const = 0;

  /// A ticket with which `user_id` may log in to IM from `now` for the configured time. The caller
  /// decides whether that user may have one.
  /// @errors as `CanSign`.
  virtual Result<std::string> SignUserSig(const UserId& user_id, TimePoint now) const = 0;

  /// Signs a ticket that is marked as issued without proof that its holder is that user (protocol
  /// D.3).
  /// @errors as `CanSign`.
  [[nodiscard]] virtual Result<std::string> SignAnonymousUserSig(const UserId& user_id,
                                                                 TimePoint now) const = 0;
};

}  // namespace rtcroom
