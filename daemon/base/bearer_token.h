// A bearer token, and the check of an Authorization header against it.
#pragma once

#include <utility>

#include "daemon/base/mutex.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// @threads safe from any thread.
class BearerToken {
 public:
  /// @param token  empty: no token, which admits nothing.
  explicit BearerToken(Secret token) : token_(std::move(token)) {}

  void Set(Secret token) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    token_ = std::move(token);
  }

  [[nodiscard]] bool is_set() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return !token_.empty();
  }

  /// Whether `authorization` is `Bearer TOKEN` with this token, the scheme in any letter case. Its
  /// timing reveals nothing about the token except its length.
  /// @source RFC 6750, section 2.1.
  [[nodiscard]] bool Admits(const Secret& authorization) const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Secret token_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
