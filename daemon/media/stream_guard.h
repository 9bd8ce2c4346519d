// Decides which streams may be on air.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/auth/stream_signature.h"
#include "daemon/base/clock.h"

namespace rtcroom {

/// Answers from memory, at once: it is asked for each publish and update, and for every stream at
/// each sweep.
///
/// @threads of the table that asks.
class StreamGuard {
 public:
  virtual ~StreamGuard() = default;

  /// Whether the user of the stream is banned.
  /// @param binding  of the push URL. Where it names no room, a ban from any room of the kind
  ///                 counts, and with null from any room at all, unless the user is a member with
  ///                 that stream.
  [[nodiscard]] virtual bool IsBanned(std::string_view stream,
                                      const PushBinding* binding) const = 0;

  /// The revocation in force: signatures of the stream that expire at that time or earlier are
  /// invalid. nullopt: there is none.
  [[nodiscard]] virtual std::optional<TimePoint> RevokedUntil(std::string_view stream) const = 0;

  /// Whether a member of a room has the stream.
  [[nodiscard]] virtual bool IsClaimed(std::string_view stream) const = 0;

  /// Whether that member is one for whom get_push_url would sign it.
  [[nodiscard]] virtual bool IsClaimedByItsUser(std::string_view stream) const = 0;
};

}  // namespace rtcroom
