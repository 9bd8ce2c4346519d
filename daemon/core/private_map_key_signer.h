// Tickets for the rooms of the TRTC service.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// Signs privateMapKeys: all rights, for an hour, in one numeric room (protocol D.3).
///
/// @threads implementations are immutable: safe from any thread.
class PrivateMapKeySigner {
 public:
  virtual ~PrivateMapKeySigner() = default;

  /// Whether keys can be signed at all, so that nobody makes a room in vain.
  /// @errors kUnavailable when no application or key is configured.
  [[nodiscard]] virtual Status CanSign() const = 0;

  /// The key with which `user_id` may enter that room from `now` on. Whether that user may have
  /// one is for the caller to decide.
  /// @errors as `CanSign`.
  [[nodiscard]] virtual Result<std::string> Sign(const UserId& user_id, std::uint32_t room_number,
                                                 TimePoint now) const = 0;
};

}  // namespace rtcroom
