// What a UserSig says.
#pragma once

#include <chrono>
#include <cstdint>

#include "daemon/base/clock.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// What a ticket is made of, and what it is held to when it is checked.
struct UserSigSubject {
  std::uint32_t sdk_app_id = 0;
  UserId user_id{};
};

/// A ticket's own numbers, in unix seconds and seconds.
struct UserSigTimes {
  std::int64_t issued_at = 0;
  std::int64_t life = 0;
};

/// Far beyond any year that a date has, and small enough that two of them can be added.
inline constexpr std::int64_t kMaxUserSigSeconds = 1'000'000'000'000;

/// Whole seconds since 1970, as the tickets count.
inline std::int64_t UnixSeconds(TimePoint now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
}

/// A ticket is good until issued_at + life, that second excluded.
/// @source protocol D.2.
inline bool IsExpired(const UserSigTimes& times, TimePoint now) {
  return times.issued_at + times.life <= UnixSeconds(now);
}

}  // namespace rtcroom
