// Addresses of streams.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Makes the URLs of a stream (protocol D.4).
///
/// @threads implementations are immutable: safe from any thread.
class StreamUrlSigner {
 public:
  virtual ~StreamUrlSigner() = default;

  /// The name of a user's one stream in gen-1, and how those in gen-2 begin. No other user's
  /// stream has it, in either.
  [[nodiscard]] virtual std::string StreamName(const UserId& user_id) const = 0;

  /// Where a phone sends that stream, valid from `now` for the configured time.
  /// @errors kUnavailable when no push host is configured.
  [[nodiscard]] virtual Result<std::string> PushUrl(std::string_view stream,
                                                    TimePoint now) const = 0;

  /// Where the others play that stream with little delay; empty when no play host is configured.
  /// Its signature may be good for pushing, too: only for streams of the user whom it is shown for.
  [[nodiscard]] virtual std::string AccelerateUrl(std::string_view stream, TimePoint now) const = 0;

  /// The same without a signature, for a stream that may be anybody's.
  [[nodiscard]] virtual std::string UnsignedAccelerateUrl(std::string_view stream) const = 0;

  /// The flv play URL of that stream; empty when no play host is configured.
  [[nodiscard]] virtual std::string MixedPlayUrl(std::string_view stream) const = 0;
};

/// Whether `text` is hex, in any letter case: not every media server tells the cases apart.
bool IsHex(std::string_view text);

/// Whether `stream` ends as those of gen-2 do: in `_` and 8 hex, in any letter case.
/// @source protocol B.4.1.
bool HasStreamSuffix(std::string_view stream);

/// The stream that a push URL names: what is between its last `/` and its `?`, or its end. A view
/// into `push_url`; empty when there is none.
/// @source protocol B.4.3.
std::string_view StreamInPushUrl(std::string_view push_url);

/// The stream of a pusher: in gen-1 every user has one, in gen-2 the push URL names it.
/// @return empty when it sends none.
/// @source protocol A.4.5, B.4.3.
std::string StreamOf(Dialect dialect, const UserId& user_id, std::string_view push_url,
                     const StreamUrlSigner& streams);

/// Whether the stream is one of those that get_push_url signs for that user.
/// @source protocol A.4.2, B.4.1.
bool IsOwnStream(std::string_view stream, const UserId& user_id, const StreamUrlSigner& streams);

}  // namespace rtcroom
