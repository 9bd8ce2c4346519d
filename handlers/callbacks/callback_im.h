// Callbacks of the IM service.
#pragma once

#include <cstdint>
#include <vector>

#include "handlers/callbacks/callback_request.h"

namespace rtcroom {

enum class ImEvent : std::uint8_t { kMembersExited, kGroupDestroyed };

/// The sender is proven, the content is not: the signature does not cover it.
struct ImCallback {
  ImEvent event = ImEvent::kMembersExited;
  RoomId group{};               ///< perhaps that of a room
  std::vector<UserId> users{};  ///< kMembersExited: those with an ID that users here can have
  bool by_rest_api = false;     ///< caused by a call of a server, perhaps of this one
};

struct ImCallbackRules {
  Secret token{};                ///< empty: 404
  std::uint32_t sdk_app_id = 0;  ///< 0: that of a request is not checked
};

/// Reads a callback of the IM service: a signature in the query, and a JSON object.
///
/// 403 without a valid signature, or with one that is over a minute away from `now`; otherwise
/// accepted. Other commands, and groups whose ID no room here can have, have no effect.
/// @source docs/tencent-live.md, "Callbacks".
CallbackReading<ImCallback> ReadImCallback(const HttpRequest& request, const ImCallbackRules& rules,
                                           TimePoint now);

CallbackReply AcceptImCallback(Status outcome = {});

}  // namespace rtcroom
