// Source of new room ids and guest user ids.
#pragma once

#include <string>

#include "daemon/core/ids.h"

namespace rtcroom {

/// @threads implementations are safe from any thread.
class IdSource {
 public:
  virtual ~IdSource() = default;

  /// `room_` + 8 hex + `_` + 4 hex. Production draws the 48 bits from a CSPRNG, so that room ids
  /// cannot be guessed.
  /// @source protocol A.4.3, F.1.
  virtual RoomId NewRoomId() = 0;

  /// A number from 1 to 2147483647 as decimal text, drawn the same way: all 31 bits that clients of
  /// webrtc rooms accept.
  /// @source protocol B.8.
  virtual RoomId NewRoomNumber() = 0;

  /// `user_` + 8 hex + `_` + 4 hex, drawn the same way.
  /// @source protocol A.4.1.
  virtual UserId NewUserId() = 0;

  /// 8 hex, drawn the same way: distinguishes the streams of one user.
  /// @source protocol B.4.1.
  virtual std::string NewStreamSuffix() = 0;
};

}  // namespace rtcroom
