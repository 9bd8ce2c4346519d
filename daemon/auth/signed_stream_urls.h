// Stream addresses with the media service's hotlink protection.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/secret.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

struct StreamUrlOptions {
  /// Of the media service; empty: stream names have no prefix and URLs no `bizid=`.
  std::string bizid{};
  Secret push_key{};        ///< empty: push URLs carry no signature and never end
  Secret play_key{};        ///< empty: the push key
  std::string push_host{};  ///< empty: the service's default for the bizid, if there is one
  std::string play_host{};  ///< likewise
  std::chrono::seconds url_ttl = std::chrono::days(7);
};

/// Where a stream is played without a signature; all empty when no play host is configured.
struct PlainPlayUrls {
  std::string flv{};
  std::string rtmp{};
  std::string hls{};
};

/// The name of a user's stream is `{bizid}_{userID}`, the userID alone without a bizid. The first
/// 16 hex of its SHA-256 stand for an id with other characters than A-Z a-z 0-9 _ -, for one that
/// ends as the streams of gen-2 do, in `_` and 8 hex, and for one that looks like such a digest. So
/// no two users have one stream, whichever dialects they speak. Streams that clients name may have
/// any characters: in URLs those that could break them are escaped.
///
/// @threads immutable: safe from any thread.
/// @source protocol B.4.3, D.4.
class SignedStreamUrls : public StreamUrlSigner {
 public:
  explicit SignedStreamUrls(StreamUrlOptions options);

  [[nodiscard]] std::string StreamName(const UserId& user_id) const override;
  [[nodiscard]] Result<std::string> PushUrl(std::string_view stream, TimePoint now) const override;
  [[nodiscard]] std::string AccelerateUrl(std::string_view stream, TimePoint now) const override;
  [[nodiscard]] std::string UnsignedAccelerateUrl(std::string_view stream) const override;
  [[nodiscard]] std::string MixedPlayUrl(std::string_view stream) const override;

  [[nodiscard]] PlainPlayUrls PlayUrls(std::string_view stream) const;

 private:
  [[nodiscard]] std::string RtmpUrl(std::string_view host, const Secret& key,
                                    std::string_view stream, TimePoint now) const;

  const StreamUrlOptions options_;  ///< with the defaults filled in
};

}  // namespace rtcroom
