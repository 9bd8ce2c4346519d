// The requests that are served without authentication.
#pragma once

#include <cstdint>

namespace rtcroom {

/// @source protocol C.2.
enum class AuthMode : std::uint8_t {
  kMixed,  ///< gen-1 without a token, gen-2 by token
  kToken,  ///< gen-1 is refused, gen-2 by token
  kOpen,   ///< no token required: development
};

}  // namespace rtcroom
