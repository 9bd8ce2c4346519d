// The token of the operator's endpoints under `utils`.
#pragma once

#include <utility>

#include "daemon/auth/admin_token_verifier.h"
#include "daemon/auth/digest.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

/// @threads safe from any thread.
class AdminToken : public AdminTokenVerifier {
 public:
  /// @param token  empty: no token.
  explicit AdminToken(Secret token) : token_(std::move(token)) {}

  void Set(Secret token) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    token_ = std::move(token);
  }

  [[nodiscard]] bool is_set() const override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return !token_.empty();
  }

  [[nodiscard]] bool Admits(const Secret& shown) const override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return !token_.empty() && SameBytes(token_.Reveal(), shown.Reveal());
  }

 private:
  mutable Mutex mutex_;
  Secret token_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
