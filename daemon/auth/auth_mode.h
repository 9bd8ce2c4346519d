// Who is served without a proof of identity.
#pragma once

#include <cstdint>

namespace rtcroom {

/// @source protocol C.2.
enum class AuthMode : std::uint8_t {
  kMixed,  ///< gen-1 as it is, gen-2 by token
  kToken,  ///< gen-1 is refused, gen-2 by token
  kOpen,   ///< nobody is asked for a token: development
};

}  // namespace rtcroom
