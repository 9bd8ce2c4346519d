// What the routers of callbacks have in common.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

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
  [[nodiscard]] virtual bool Serves(std::string_view path) const = 0;

  /// Not paced: all callbacks of one kind come from a few addresses.
  RequestPlan Resolve(HttpRequest& /*request*/) override { return {.lane = Lane::kInline}; }
};

/// The handlers of all callbacks; they outlive this object.
class CallbackHandlers {
 public:
  CallbackHandlers() = default;
  explicit CallbackHandlers(std::vector<CallbackHandler*> handlers)
      : handlers_(std::move(handlers)) {}

  /// Null when none serves the path.
  [[nodiscard]] CallbackHandler* For(std::string_view path) const {
    const auto found = std::ranges::find_if(
        handlers_, [path](const CallbackHandler* handler) { return handler->Serves(path); });
    return found == handlers_.end() ? nullptr : *found;
  }

 private:
  std::vector<CallbackHandler*> handlers_{};
};

}  // namespace rtcroom
