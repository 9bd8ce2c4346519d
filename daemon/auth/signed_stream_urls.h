// Stream URLs with the media service's hotlink protection.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/auth/stream_signature.h"
#include "daemon/base/secret.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

struct StreamUrlOptions {
  /// Account id at the media service; empty: stream names have no prefix and URLs no `bizid=`.
  std::string bizid{};
  Secret push_key{};        ///< empty: push URLs have no signature and never expire
  Secret play_key{};        ///< empty: the push key
  std::string push_host{};  ///< empty: the service's default for the bizid, if there is one
  std::string play_host{};  ///< likewise
  std::chrono::seconds url_ttl = std::chrono::days(7);
  std::string app = "live";  ///< the application in all URLs
  /// The URL, with `{host}` and `{stream}`, of the flv of viewers where no player can take another.
  std::string mixed_play_url = "https://{host}/live/{stream}.flv";
  /// The URL, with `{stream}`, of the HLS playlists of the media server; empty: none.
  std::string hls_url{};
  bool sign_hls = false;  ///< the media server asks for the play key there, too
  /// Whether this server checks push URLs itself: then they can be bound to a room.
  bool bind_push_urls = false;
};

/// Unsigned play URLs; all empty when no play host is configured.
struct PlainPlayUrls {
  std::string flv{};
  std::string rtmp{};
  std::string hls{};
};

/// The name of a user's stream is `{bizid}_{userID}`, the userID alone without a bizid. The first
/// 16 hex of its SHA-256 replace an id with characters other than A-Z a-z 0-9 _ -, one with the
/// suffix of gen-2 streams, `_` and 8 hex, and one that looks like such a digest. So no two users
/// share a stream, whichever dialects they use. Streams named by clients may contain any
/// characters: in URLs, unsafe ones are escaped.
///
/// @threads immutable: safe from any thread.
/// @source protocol B.4.3, D.4.
class SignedStreamUrls : public StreamUrlSigner {
 public:
  explicit SignedStreamUrls(StreamUrlOptions options);

  [[nodiscard]] std::string StreamName(const UserId& user_id) const override;
  [[nodiscard]] Result<std::string> PushUrl(std::string_view stream, TimePoint now) const override;
  [[nodiscard]] Result<std::string> BoundPushUrl(std::string_view stream,
                                                 const PushBinding& binding,
                                                 TimePoint now) const override;
  [[nodiscard]] std::string AccelerateUrl(std::string_view stream, TimePoint now) const override;
  [[nodiscard]] std::string UnsignedAccelerateUrl(std::string_view stream) const override;
  [[nodiscard]] std::string MixedPlayUrl(std::string_view stream) const override;

  [[nodiscard]] PlainPlayUrls PlayUrls(std::string_view stream) const;
  /// The playlist of that stream for a browser of an operator, as good for playing as
  /// `AccelerateUrl`; empty when no playlists are configured.
  [[nodiscard]] std::string PlaylistUrl(std::string_view stream, TimePoint now) const;

 private:
  [[nodiscard]] std::string RtmpUrl(std::string_view host, const Secret& key,
                                    std::string_view stream, TimePoint now) const;
  /// The time at which URLs that are signed now expire, as they spell it.
  [[nodiscard]] std::string TxTime(TimePoint now) const;

  const StreamUrlOptions options_;  ///< with defaults applied
  const StreamSignatureVerifier binder_;
};

}  // namespace rtcroom
