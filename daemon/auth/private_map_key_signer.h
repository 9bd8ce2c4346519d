// Keys to the rooms of the media service.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Signs privateMapKeys (protocol B.8, D.3).
///
/// @threads implementations are immutable: safe from any thread.
class PrivateMapKeySigner {
 public:
  virtual ~PrivateMapKeySigner() = default;

  /// Whether keys can be signed at all; checked before a room is created.
  /// @errors kUnavailable when no IM application or key is configured.
  [[nodiscard]] virtual Status CanSign() const = 0;

  /// A key that grants `user_id` all rights in the numeric room `room`, and in no other, from `now`
  /// for an hour. The caller decides whether that user may have one.
  ///
  /// @param user_id  at most `kMaxUserIdBytes`.
  /// @errors as `CanSign`; kInternal when OpenSSL fails.
  [[nodiscard]] virtual Result<std::string> SignPrivateMapKey(const UserId& user_id,
                                                              std::uint32_t room,
                                                              TimePoint now) const = 0;
};

}  // namespace rtcroom
