// Stream names and URLs.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/text.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The user and the room that a push URL was made for.
struct PushBinding {
  RoomKey room{};  ///< an empty ID: any room of the kind
  UserId user_id{};
  bool operator==(const PushBinding&) const = default;
};

/// Workers add this argument to the query with which they push the stream of a browser; each
/// session has a value of its own. A publisher without it counts as a phone. It is no proof:
/// anybody can add it. It comes first: nginx-rtmp keeps 255 bytes of a stream's name and query.
inline constexpr std::string_view kWebArgument = "rw";
/// Workers add this argument, too, when the media server has closed an earlier push of the same
/// session. Such a push is refused while another publisher has the stream.
inline constexpr std::string_view kAgainArgument = "ra";

/// Makes the URLs of a stream (protocol D.4).
///
/// @threads implementations are immutable: safe from any thread.
class StreamUrlSigner {
 public:
  virtual ~StreamUrlSigner() = default;

  /// The name of a user's only stream in gen-1, and the prefix of the user's streams in gen-2.
  /// Unique to the user in both dialects.
  [[nodiscard]] virtual std::string StreamName(const UserId& user_id) const = 0;

  /// The URL to which a phone pushes that stream, valid from `now` for the configured time.
  /// @errors kUnavailable when no push host is configured.
  [[nodiscard]] virtual Result<std::string> PushUrl(std::string_view stream,
                                                    TimePoint now) const = 0;

  /// The push URL for a member of that room. A media server of one's own can then refuse it while
  /// the user is banned from this room, and not for bans from others.
  /// @errors likewise.
  [[nodiscard]] virtual Result<std::string> BoundPushUrl(std::string_view stream,
                                                         const PushBinding& binding,
                                                         TimePoint now) const = 0;

  /// The low-latency play URL of that stream for other members; empty when no play host is
  /// configured. Its signature may also be valid for pushing: use it only for streams of the user
  /// that receives it.
  [[nodiscard]] virtual std::string AccelerateUrl(std::string_view stream, TimePoint now) const = 0;

  /// That play URL without a signature, for a stream of any user.
  [[nodiscard]] virtual std::string UnsignedAccelerateUrl(std::string_view stream) const = 0;

  /// The flv play URL of that stream; empty when no play host is configured.
  [[nodiscard]] virtual std::string MixedPlayUrl(std::string_view stream) const = 0;
};

/// A-Z a-z 0-9 _ -: the characters of the streams that are signed.
/// @source protocol D.4.
constexpr bool IsStreamNameCharacter(char c) {
  return IsAsciiAlphanumeric(c) || c == '_' || c == '-';
}

/// Whether a media server may name a stream like that: 1 to 255 bytes of A-Z a-z 0-9 _ -. Every
/// stream that is signed has such a name.
/// @source protocol D.4; nginx-rtmp cuts longer names.
bool IsStreamName(std::string_view name);

/// Whether `stream` has the suffix of gen-2 streams: `_` and 8 hex, in any letter case: not every
/// media server is case-sensitive.
/// @source protocol B.4.1.
bool HasStreamSuffix(std::string_view stream);

/// `stream` without the suffix of gen-2 streams, if it has one. The name of a gen-1 stream may end
/// like that, too: after an account's prefix, a user ID of 8 hex.
std::string_view BaseOfStream(std::string_view stream);

/// The stream that a push URL names: the text between its last `/` and its `?`, or its end. A view
/// into `push_url`; empty when there is none.
/// @source protocol B.4.3.
std::string_view StreamInPushUrl(std::string_view push_url);

/// The stream of a pusher: in gen-1 the user's only stream, in gen-2 the one in the push URL.
/// @param named  by the push URL.
/// @return empty when the pusher sends no stream.
/// @source protocol A.4.5, B.4.3.
std::string StreamOf(Dialect dialect, const UserId& user_id, std::string_view named,
                     const StreamUrlSigner& streams);

/// Whether get_push_url would sign the stream for that user.
/// @source protocol A.4.2, B.4.1.
bool IsOwnStream(std::string_view stream, const UserId& user_id, const StreamUrlSigner& streams);

}  // namespace rtcroom
