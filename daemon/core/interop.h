// Whether the two dialects share their rooms.
#pragma once

#include <cstdint>

namespace rtcroom {

/// @source protocol C.3.
enum class Interop : std::uint8_t {
  kIsolated,  ///< a request sees the rooms of its own dialect only
  kShared,    ///< one pool
};

}  // namespace rtcroom
