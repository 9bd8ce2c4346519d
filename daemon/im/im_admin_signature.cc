#include "daemon/im/im_admin_signature.h"

#include <string>
#include <utility>

namespace rtcroom {

ImAdminSignature::ImAdminSignature(const LoginSigner& signer, UserId administrator,
                                   std::chrono::seconds life, const Clock& clock)
    : signer_(signer), administrator_(std::move(administrator)), life_(life), clock_(clock) {}

Result<Secret> ImAdminSignature::Get() {
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  const bool is_good = signature_ && now >= signed_at_ && now - signed_at_ < life_ / 2;
  return is_good ? *signature_ : SignLocked(now);
}

Result<Secret> ImAdminSignature::Renew(const Secret& refused) {
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  if (signature_ && *signature_ != refused) return *signature_;
  return SignLocked(now);
}

Result<Secret> ImAdminSignature::SignLocked(TimePoint now) {
  Result<std::string> text = signer_.SignUserSig(administrator_, now);
  if (!text) return text.error();
  signature_ = Secret(*std::move(text));
  signed_at_ = now;
  return *signature_;
}

}  // namespace rtcroom
