// Tells the members of rooms which of their streams begin and end.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/channel/push_notices.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// @threads as of `OnAirListener`.
class StreamPushes : public OnAirListener {
 public:
  /// All outlive this object.
  StreamPushes(const StreamClaims& claims, PushNotices& notices, const Clock& clock)
      : claims_(claims), notices_(notices), clock_(clock) {}

  void OnAir(std::string_view stream, bool is_on) noexcept override {
    const std::optional<StreamOwner> owner = claims_.OwnerOf(stream, std::nullopt, clock_.Now());
    if (!owner) return;
    notices_.Add({.room_number = owner->room_number,
                  .object = StreamPush(owner->room, owner->user_id, is_on)});
  }
  void OnPartial(std::span<const PartialStream> /*streams*/) noexcept override {}
  void OnListed() noexcept override {}

 private:
  const StreamClaims& claims_;
  PushNotices& notices_;
  const Clock& clock_;
};

}  // namespace rtcroom
