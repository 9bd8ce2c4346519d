// Pushes to new clients of what happens to the media of a room's members.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/channel/push_notices.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// `{"stream":{"kind":…,"roomID":…,"userID":…,"on":…}}`
std::string StreamPush(const RoomKey& room, const UserId& user_id, bool is_on);
/// `{"web_ended":{"kind":…,"roomID":…,"session":…,"reason":…}}`
std::string WebEndedPush(const RoomKey& room, std::string_view session, std::string_view reason);

/// Tells the members of rooms which of their streams begin and end.
///
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
