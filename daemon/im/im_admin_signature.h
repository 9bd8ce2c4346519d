// With what the server logs in to the IM service.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/auth/login_signer.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The administrator's UserSig, made when it is first asked for and again at half its life.
///
/// @threads safe from any thread.
/// @source protocol D.7.
class ImAdminSignature {
 public:
  /// @param life  of what the signer signs.
  ImAdminSignature(const LoginSigner& signer, UserId administrator, std::chrono::seconds life,
                   const Clock& clock);

  [[nodiscard]] const UserId& administrator() const { return administrator_; }

  /// One that is good for half a life at least, by this machine's clock. A clock that was set back
  /// before the making of the last one asks for another.
  /// @errors as `LoginSigner::SignUserSig`.
  Result<Secret> Get() EXCLUDES(mutex_);

  /// One that is not `refused`, which the service does not accept: of several calls that learn
  /// this the first has another made. Within the same second that may be the same text again.
  /// @errors as `Get`.
  Result<Secret> Renew(const Secret& refused) EXCLUDES(mutex_);

 private:
  Result<Secret> SignLocked(TimePoint now) REQUIRES(mutex_);

  const LoginSigner& signer_;
  const UserId administrator_;
  const std::chrono::seconds life_;
  const Clock& clock_;
  Mutex mutex_;
  std::optional<Secret> signature_ GUARDED_BY(mutex_);
  TimePoint signed_at_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
