// Counters of the phones' results so far.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "tests/support/latencies.h"

namespace rtcroom {

enum class PhoneFailure : std::uint8_t {
  kConnect,    ///< no connection
  kHandshake,  ///< TLS handshake failed
  kClosed,     ///< the server ended the connection
  kBadReply,   ///< not HTTP 200 with a JSON body that has a code
  kRefused,    ///< a code other than 0
  kLate,       ///< no reply in time
};
inline constexpr std::array<std::string_view, 6> kPhoneFailureNames = {
    "connect", "handshake", "closed", "bad_reply", "refused", "late"};

/// A plain value.
struct PhoneStats {
  std::size_t joined = 0;  ///< phones that became members of their room
  std::size_t held = 0;    ///< open connections of those
  std::array<std::size_t, kPhoneFailureNames.size()> failures = {};
  Latencies heartbeats;  ///< from the instant when each was due until its reply was received

  void Count(PhoneFailure failure) { ++failures.at(static_cast<std::size_t>(failure)); }
  [[nodiscard]] std::size_t AllFailures() const {
    return std::accumulate(failures.begin(), failures.end(), std::size_t{0});
  }
};

}  // namespace rtcroom
