// Addresses of browsers whose queries anybody can make.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/web_grants.h"
#include "tests/support/fake_clock.h"
#include "tests/support/rooms.h"

namespace rtcroom {

/// A query is a user ID, or an argument with that value; it is good for the room "r1".
class PlainSignatures : public WebSignatures {
 public:
  [[nodiscard]] std::optional<WebGrant> Read(WebDirection direction, const WebStreamName& name,
                                             std::string_view query) const override {
    return WebGrant{.direction = direction,
                    .name = name,
                    .binding = {.room = MakeKey(RoomKind::kLive, "r1"),
                                .user_id = {std::string(query.substr(query.rfind('=') + 1))}},
                    .signed_until = kNoon + std::chrono::hours(1)};
  }
  [[nodiscard]] std::string PlayQuery(const WebStreamName& name, const PushBinding* binding,
                                      TimePoint /*now*/) const override {
    return binding == nullptr ? "pull " + name.stream : "to play for " + binding->user_id.value;
  }
};

}  // namespace rtcroom
