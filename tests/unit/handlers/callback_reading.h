// Readings of callbacks as texts and values that tests compare.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "handlers/callbacks/callback_request.h"

namespace rtcroom {

/// "STATUS BODY", with the reason for the log behind it if there is one; "a callback" when it was
/// read.
template <typename Callback>
std::string ReplyText(const CallbackReading<Callback>& reading) {
  const auto* const reply = std::get_if<CallbackReply>(&reading);
  if (reply == nullptr) return "a callback";
  std::string text = fmt::format("{} {}", reply->http.status, reply->http.body);
  return reply->outcome.ok() ? text : text + ' ' + reply->outcome.error().detail;
}

/// The callback; nullopt when the request was answered.
template <typename Callback>
std::optional<Callback> Taken(CallbackReading<Callback> reading) {
  auto* const callback = std::get_if<Callback>(&reading);
  return callback == nullptr ? std::nullopt : std::optional(std::move(*callback));
}

inline constexpr const char* kCallbackAccepted = R"(200 {"code":0})";

}  // namespace rtcroom
