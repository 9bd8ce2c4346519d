// Addresses of streams.
#pragma once

#include <string>

#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// Makes the URLs of a user's stream (protocol D.4).
///
/// @threads implementations are immutable: safe from any thread.
class StreamUrlSigner {
 public:
  virtual ~StreamUrlSigner() = default;

  /// Where the user's phone sends its stream, valid from `now` for the configured time.
  /// @errors kUnavailable when no push host is configured.
  virtual Result<std::string> PushUrl(const UserId& user_id, TimePoint now) const = 0;

  /// Where the others play that stream with little delay; empty when no play host is configured.
  virtual std::string AccelerateUrl(const UserId& user_id, TimePoint now) const = 0;

  /// The flv play URL of that stream; empty when no play host is configured.
  virtual std::string MixedPlayUrl(const UserId& user_id) const = 0;
};

}  // namespace rtcroom
