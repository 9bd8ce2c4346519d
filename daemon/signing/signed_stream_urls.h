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

/// The name of a user's stream: `{bizid}_{userID}`, the userID alone without a bizid. An id with
/// other characters than A-Z a-z 0-9 _ - stands as the first 16 hex of its SHA-256, so that
/// nothing in it can break a URL.
/// @source protocol D.4.
std::string StreamName(std::string_view bizid, const UserId& user_id);

/// @threads immutable: safe from any thread.
class SignedStreamUrls : public StreamUrlSigner {
 public:
  explicit SignedStreamUrls(StreamUrlOptions options);

  Result<std::string> PushUrl(const UserId& user_id, TimePoint now) const override;
  std::string AccelerateUrl(const UserId& user_id, TimePoint now) const override;
  std::string MixedPlayUrl(const UserId& user_id) const override;

  [[nodiscard]] PlainPlayUrls PlayUrls(const UserId& user_id) const;

 private:
  [[nodiscard]] std::string RtmpUrl(std::string_view host, const Secret& key, const UserId& user_id,
                                    TimePoint now) const;

  const StreamUrlOptions options_;  ///< with the defaults filled in
};

}  // namespace rtcroom
