// Operator settings for the groups of the IM service.
#pragma once

#include <cstdint>

namespace rtcroom {

/// The behavior of create_room when the IM service fails (protocol F.2).
enum class OnCreateFailure : std::uint8_t { kReject, kDegrade };
/// How members are notified of a change (protocol F.3).
enum class NotifyVia : std::uint8_t { kAuto, kSystem, kCustomMsg, kBoth };

}  // namespace rtcroom
