// Addresses of streams.
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// Makes the URLs of a stream (protocol D.4).
///
/// @threads implementations are immutable: safe from any thread.
class StreamUrlSigner {
 public:
  virtual ~StreamUrlSigner() = default;

  /// The name of a user's one stream in gen-1, and how those in gen-2 begin.
  [[nodiscard]] virtual std::string StreamName(const UserId& user_id) const = 0;

  /// Where a phone sends that stream, valid from `now` for the configured time.
  /// @errors kUnavailable when no push host is configured.
  [[nodiscard]] virtual Result<std::string> PushUrl(std::string_view stream,
                                                    TimePoint now) const = 0;

  /// Where the others play that stream with little delay; empty when no play host is configured.
  [[nodiscard]] virtual std::string AccelerateUrl(std::string_view stream, TimePoint now) const = 0;

  /// The flv play URL of that stream; empty when no play host is configured.
  [[nodiscard]] virtual std::string MixedPlayUrl(std::string_view stream) const = 0;
};

/// The stream that a push URL names: what is between its last `/` and its `?`, or its end. A view
/// into `push_url`; empty when there is none.
/// @source protocol B.4.3.
std::string_view StreamInPushUrl(std::string_view push_url);

/// The stream of a pusher: in gen-1 every user has one, in gen-2 the push URL names it.
/// @return empty when it sends none.
/// @source protocol A.4.5, B.4.3.
std::string StreamOf(Dialect dialect, const UserId& user_id, std::string_view push_url,
                     const StreamUrlSigner& streams);

}  // namespace rtcroom
