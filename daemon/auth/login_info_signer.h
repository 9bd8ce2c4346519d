// Signatures for clients that call the live service themselves.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// @threads implementations are immutable: safe from any thread.
class LoginInfoSigner {
 public:
  virtual ~LoginInfoSigner() = default;

  /// @param ends  expiry of the signature, in whole seconds.
  /// @errors kUnavailable when no key of the live API is configured.
  /// @source protocol A.5, D.5.
  virtual Result<std::string> Sign(const UserId& user_id, TimePoint ends) const = 0;
};

}  // namespace rtcroom
