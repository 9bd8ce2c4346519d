// Callbacks of the live service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "handlers/callbacks/callback_request.h"

namespace rtcroom {

enum class LiveEvent : std::uint8_t { kStart, kStop };

/// A stream began or ended. The sender is proven, the content is not: the signature covers neither.
struct LiveCallback {
  LiveEvent event = LiveEvent::kStart;
  std::string stream{};    ///< a name of a stream (`IsStreamName`)
  std::string sequence{};  ///< the same in the start and the stop of one push; empty when absent
  std::optional<TimePoint> at{};
};

/// The longest body. The signature is a part of it, so everyone can have that much parsed; those of
/// pushes have less than a tenth of it besides the parameters of the push URL.
inline constexpr std::size_t kMaxLiveCallbackBytes = 8192;

struct LiveCallbackRules {
  Secret key{};           ///< empty: 404
  AddressRanges allow{};  ///< empty: any address
};

/// Reads a callback of the live service, a JSON object that is signed with MD5.
///
/// 413 `{"code":1}` for one over kMaxLiveCallbackBytes, unread.
/// 403 `{"code":1}` without a valid signature or with one that has ended; otherwise accepted, since
/// the service would only repeat a callback. Other events have no effect.
/// @source docs/tencent-live.md, "Callbacks".
CallbackReading<LiveCallback> ReadLiveCallback(const HttpRequest& request,
                                               const LiveCallbackRules& rules, TimePoint now);

}  // namespace rtcroom
