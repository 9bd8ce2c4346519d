#include "daemon/signing/signed_stream_urls.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/signing/digest.h"

namespace rtcroom {
namespace {

bool FitsStreamName(char character) {
  return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
         (character >= '0' && character <= '9') || character == '_' || character == '-';
}

StreamUrlOptions WithDefaults(StreamUrlOptions options) {
  if (options.play_key.empty()) options.play_key = options.push_key;
  if (options.bizid.empty()) return options;
  if (options.push_host.empty()) {
    options.push_host = fmt::format("{}.livepush.myqcloud.com", options.bizid);
  }
  if (options.play_host.empty()) {
    options.play_host = fmt::format("{}.liveplay.myqcloud.com", options.bizid);
  }
  return options;
}

}  // namespace

std::string StreamName(std::string_view bizid, const UserId& user_id) {
  const std::string user = std::ranges::all_of(user_id.value, FitsStreamName)
                               ? user_id.value
                               : Sha256Hex(user_id.value).substr(0, 16);
  return bizid.empty() ? user : fmt::format("{}_{}", bizid, user);
}

SignedStreamUrls::SignedStreamUrls(StreamUrlOptions options)
    : options_(WithDefaults(std::move(options))) {}

Result<std::string> SignedStreamUrls::PushUrl(const UserId& user_id, TimePoint now) const {
  if (options_.push_host.empty()) return Error{Errc::kUnavailable, "no push host is configured"};
  return RtmpUrl(options_.push_host, options_.push_key, user_id, now);
}

std::string SignedStreamUrls::AccelerateUrl(const UserId& user_id, TimePoint now) const {
  if (options_.play_host.empty()) return "";
  return RtmpUrl(options_.play_host, options_.play_key, user_id, now);
}

std::string SignedStreamUrls::MixedPlayUrl(const UserId& user_id) const {
  return PlayUrls(user_id).flv;
}

PlainPlayUrls SignedStreamUrls::PlayUrls(const UserId& user_id) const {
  if (options_.play_host.empty()) return {};
  const std::string place =
      fmt::format("{}/live/{}", options_.play_host, StreamName(options_.bizid, user_id));
  return {.flv = fmt::format("https://{}.flv", place),
          .rtmp = fmt::format("rtmp://{}", place),
          .hls = fmt::format("https://{}.m3u8", place)};
}

std::string SignedStreamUrls::RtmpUrl(std::string_view host, const Secret& key,
                                      const UserId& user_id, TimePoint now) const {
  const std::string stream = StreamName(options_.bizid, user_id);
  std::string url = fmt::format("rtmp://{}/live/{}", host, stream);
  char separator = '?';
  if (!options_.bizid.empty()) {
    url += fmt::format("{}bizid={}", separator, options_.bizid);
    separator = '&';
  }
  if (!key.empty()) {
    const auto ends = std::chrono::floor<std::chrono::seconds>(now) + options_.url_ttl;
    const std::string ends_hex = fmt::format("{:X}", ends.time_since_epoch().count());
    url += fmt::format("{}txSecret={}&txTime={}", separator,
                       Md5Hex(key.Reveal() + stream + ends_hex), ends_hex);
  }
  return url;
}

}  // namespace rtcroom
