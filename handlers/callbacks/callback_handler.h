// What the routers of callbacks have in common.
#pragma once

#include "daemon/http/http_handler.h"

namespace rtcroom {

/// Answers on the thread that read the request; what has to wait for something outside is handed to
/// another thread.
///
/// Callbacks are counted by call, "publish", "update", "publish_end", "play", "recorded" or
/// "other", and of clouds "live", "trtc" or "im", and by result: "accepted", "refused", or
/// "denied": not from a genuine sender.
class CallbackHandler : public RequestHandler {
 public:
  /// Not paced: all callbacks of one kind come from a few addresses.
  RequestPlan Resolve(HttpRequest& /*request*/) override { return {.lane = Lane::kInline}; }
};

}  // namespace rtcroom
