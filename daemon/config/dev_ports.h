// The ports of `serve --dev`.
#pragma once

#include <cstdint>

#include "daemon/config/config.h"

namespace rtcroom {

/// The offsets from the port of HTTP, which is the base.
inline constexpr std::uint16_t kDevAdminOffset = 1;
inline constexpr std::uint16_t kDevGrpcOffset = 2;
inline constexpr std::uint16_t kDevHttpsOffset = 3;
inline constexpr std::uint16_t kMaxDevBase = 65535 - kDevHttpsOffset;

/// Moves the four listeners of `DevDefaults` to ports that begin with `base`.
/// @param base  1 to `kMaxDevBase`.
void MoveDevPorts(std::uint16_t base, Config& config);

}  // namespace rtcroom
