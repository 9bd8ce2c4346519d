// The server's login to the IM service.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/auth/login_signer.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The administrator's UserSig: signed on first use, and again at half its life.
///
/// @threads safe from any thread.
/// @source protocol D.7.
class ImAdminSignature {
 public:
  /// @param life  validity of the signer's signatures.
  ImAdminSignature(const LoginSigner& signer, UserId administrator, std::chrono::seconds life,
                   const Clock& clock);

  [[nodiscard]] const UserId& administrator() const { return administrator_; }

  /// Returns one that is valid for at least half its life by this machine's clock. If the clock was
  /// set back to before the last one was signed, signs a new one.
  /// @errors as `LoginSigner::SignUserSig`.
  Result<Secret> Get() EXCLUDES(mutex_);

  /// Returns one other than `refused`, which the service rejected; of several concurrent callers
  /// the first signs it. Within the same second its text may be the same.
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
