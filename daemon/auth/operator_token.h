// What an operator proves himself with.
#pragma once

#include "daemon/base/secret.h"

namespace rtcroom {

/// @threads implementations are safe from any thread.
class OperatorToken {
 public:
  virtual ~OperatorToken() = default;

  /// Whether there is a token at all. Without one `Admits` is always false.
  [[nodiscard]] virtual bool is_set() const = 0;

  /// Takes a time that tells nothing of the token but its length.
  [[nodiscard]] virtual bool Admits(const Secret& shown) const = 0;
};

}  // namespace rtcroom
