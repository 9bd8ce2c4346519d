// Members whose media is known by room and user, not by stream.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// The media state of members, from a service that reports it by room and user.
///
/// @threads implementations are safe from any thread, and quick.
class MemberMedia {
 public:
  virtual ~MemberMedia() = default;
  /// nullopt: nothing is known.
  [[nodiscard]] virtual std::optional<MediaState> StateOf(const RoomKey& room,
                                                          const UserId& user_id) const = 0;
  /// Members whose media has been off for at least that long. Some may be none of a room any more.
  [[nodiscard]] virtual std::vector<StreamClaims::Member> OffFor(
      std::chrono::milliseconds grace) const = 0;
};

}  // namespace rtcroom
