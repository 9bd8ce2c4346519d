// Notices of the streams that members of rooms begin and end.
#pragma once

#include <string_view>

#include "daemon/channel/push_notices.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// Tells those in a room which of its members' streams begin and end.
///
/// @threads as of `OnAirListener`.
class StreamNotices : public OnAirListener {
 public:
  /// All outlive this object.
  StreamNotices(const StreamClaims& claims, PushNotices& notices)
      : claims_(claims), notices_(notices) {}

  void OnAir(std::string_view stream, bool is_on) noexcept override {
    for (const StreamOwner& owner : claims_.OwnersOf(stream)) {
      notices_.Add(
          {.room_number = owner.room_number,
           .fact = StreamNotice{.room = owner.room, .user_id = owner.user_id, .is_on = is_on}});
    }
  }

 private:
  const StreamClaims& claims_;
  PushNotices& notices_;
};

}  // namespace rtcroom
