// The types of configuration values that the standard library lacks.
#pragma once

#include <cstdint>

#include "daemon/core/auth_mode.h"
#include "daemon/core/im_policy.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// A limit per second or, where that is zero, per hour; both zero disable the limit.
struct Rate {
  std::uint32_t per_second = 0;
  std::uint32_t per_hour = 0;
  bool operator==(const Rate&) const = default;
};

/// The API that lists and ends streams: a media server's, or the live service's (protocol D.6).
enum class LiveApi : std::uint8_t { kNone, kNginxRtmp, kSrs, kV1, kV3 };

/// The treatment of pictures that arrive in another order than they are shown in, which browsers
/// cannot play: encoded anew, or not played.
enum class WebReorder : std::uint8_t { kTranscode, kRefuse };

/// Whether it is a media server, which lists its streams.
constexpr bool IsMediaServer(LiveApi api) {
  return api == LiveApi::kNginxRtmp || api == LiveApi::kSrs;
}
/// Whether it is the live service, which is asked about single streams, and mixes.
constexpr bool IsLiveService(LiveApi api) { return api == LiveApi::kV1 || api == LiveApi::kV3; }

}  // namespace rtcroom
