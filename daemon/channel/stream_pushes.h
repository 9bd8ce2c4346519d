// Tells the members of rooms which of their streams begin and end.
#pragma once

#include <span>
#include <string_view>

#include "daemon/channel/push_notices.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// @threads as of `OnAirListener`.
class StreamPushes : public OnAirListener {
 public:
  /// All outlive this object.
  StreamPushes(const StreamClaims& claims, PushNotices& notices)
      : claims_(claims), notices_(notices) {}

  void OnAir(std::string_view stream, bool is_on) noexcept override {
    for (const StreamOwner& owner : claims_.OwnersOf(stream)) {
      notices_.Add({.room_number = owner.room_number,
                    .object = StreamPush(owner.room, owner.user_id, is_on)});
    }
  }
  void OnPartial(std::span<const PartialStream> /*streams*/) noexcept override {}
  void OnListed() noexcept override {}

 private:
  const StreamClaims& claims_;
  PushNotices& notices_;
};

}  // namespace rtcroom
