// The types of configuration values that the standard library lacks.
#pragma once

#include <cstdint>

#include "daemon/auth/auth_mode.h"
#include "daemon/core/room_policy.h"

namespace rtcroom {

/// A limit per second or, where that is zero, per hour; both zero disable the limit.
struct Rate {
  std::uint32_t per_second = 0;
  std::uint32_t per_hour = 0;
  bool operator==(const Rate&) const = default;
};

/// The behavior of create_room when the IM service fails (protocol F.2).
enum class OnCreateFailure : std::uint8_t { kReject, kDegrade };
/// How members are notified of a change (protocol F.3).
enum class NotifyVia : std::uint8_t { kAuto, kSystem, kCustomMsg, kBoth };
/// Which API of the live service answers for streams and mixes them (protocol D.6).
enum class LiveApi : std::uint8_t { kNone, kV1, kV3 };
/// The condition that evicts a silent pusher (protocol E.5).
enum class LivenessPolicy : std::uint8_t { kAssist, kHeartbeat, kStream };

}  // namespace rtcroom
