// The operator's credential.
#pragma once

#include "daemon/base/secret.h"

namespace rtcroom {

/// @threads implementations are safe from any thread.
class AdminTokenVerifier {
 public:
  virtual ~AdminTokenVerifier() = default;

  /// Whether a token is configured. Without one `Admits` is always false.
  [[nodiscard]] virtual bool is_set() const = 0;

  /// Constant time: reveals nothing about the token except its length.
  [[nodiscard]] virtual bool Admits(const Secret& shown) const = 0;
};

}  // namespace rtcroom
