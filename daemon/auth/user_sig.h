// Contents of a UserSig.
#pragma once

#include <chrono>
#include <cstdint>

#include "daemon/base/clock.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The subject of a ticket, on signing and on verification.
struct UserSigSubject {
  std::uint32_t sdk_app_id = 0;
  UserId user_id{};
};

/// The ticket's time fields, in unix seconds and seconds.
struct UserSigTimes {
  std::int64_t issued_at = 0;
  std::int64_t life = 0;
};

/// Far beyond any real date, and small enough that the sum of two does not overflow.
inline constexpr std::int64_t kMaxUserSigSeconds = 1'000'000'000'000;

/// Whole seconds since 1970, as in tickets.
inline std::int64_t UnixSeconds(TimePoint now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
}

/// The time at which the ticket expires.
inline std::chrono::sys_seconds ExpiryOf(const UserSigTimes& times) {
  return std::chrono::sys_seconds(std::chrono::seconds(times.issued_at + times.life));
}

/// A ticket is valid until issued_at + life, exclusive.
/// @source protocol D.2.
inline bool IsExpired(const UserSigTimes& times, TimePoint now) {
  return times.issued_at + times.life <= UnixSeconds(now);
}

}  // namespace rtcroom
