// Callbacks of TRTC.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "handlers/callbacks/callback_request.h"

namespace rtcroom {

enum class TrtcEvent : std::uint8_t {
  kRoomDismissed,
  kEntered,
  kLeft,     ///< by itself, or its network failed
  kRemoved,  ///< from outside: it must not stay a member
  kVideoOn,
  kVideoOff,
  kAudioOn,
  kAudioOff,
};

/// A signed event of a room. Events arrive in any order, and more than once: for one user, `at`
/// orders them. A user who leaves causes no kVideoOff or kAudioOff.
struct TrtcCallback {
  TrtcEvent event = TrtcEvent::kEntered;
  RoomId room{};
  bool is_room_number = false;  ///< TRTC's room 7 is another one than "7"
  UserId user{};                ///< empty for kRoomDismissed
  TimePoint at{};
};

/// The headers that it reads of a request besides the common ones.
inline constexpr std::string_view kTrtcSignHeader = "Sign";
inline constexpr std::string_view kTrtcAppHeader = "SdkAppId";
inline constexpr std::array kTrtcHeaders = {kTrtcSignHeader, kTrtcAppHeader};

struct TrtcCallbackRules {
  Secret key{};                  ///< empty: 404
  std::uint32_t sdk_app_id = 0;  ///< 0: that of a request is not checked
};

/// Reads a callback of TRTC, a JSON object; its bytes are signed with HMAC-SHA256.
///
/// 403 `{"code":1}` without a valid signature; otherwise accepted, since the service would only
/// repeat a callback. Other events, and those of IDs that no room or user here can have, are
/// accepted without effect.
/// @source docs/tencent-live.md, "Callbacks".
CallbackReading<TrtcCallback> ReadTrtcCallback(const HttpRequest& request,
                                               const TrtcCallbackRules& rules);

}  // namespace rtcroom
