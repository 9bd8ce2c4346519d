#include "daemon/auth/signed_stream_urls.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

/// Digits of an id's SHA-256 that replace it.
constexpr std::size_t kDigestDigits = 16;

/// Whether the id is usable as a stream name: URL-safe, and distinct from the streams of all other
/// users.
bool NamesAStream(std::string_view user_id) {
  const bool looks_like_digest = user_id.size() == kDigestDigits && IsHex(user_id);
  return std::ranges::all_of(user_id, IsStreamNameCharacter) && !HasStreamSuffix(user_id) &&
         !looks_like_digest;
}

/// Percent-encoded parts stay as they are: the name is part of a URL already.
std::string Escaped(std::string_view stream) {
  std::string escaped;
  escaped.reserve(stream.size());
  for (const char character : stream) {
    if (IsStreamNameCharacter(character) || character == '.' || character == '~' ||
        character == '%') {
      escaped += character;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(character));
    }
  }
  return escaped;
}

/// A template with that part replaced, where it first occurs.
std::string FilledIn(std::string text, std::string_view part, std::string_view value) {
  const std::size_t place = text.find(part);
  if (place != text.npos) text.replace(place, part.size(), value);
  return text;
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

SignedStreamUrls::SignedStreamUrls(StreamUrlOptions options)
    : options_(WithDefaults(std::move(options))), binder_(options_.push_key) {}

std::string SignedStreamUrls::StreamName(const UserId& user_id) const {
  const std::string user = NamesAStream(user_id.value)
                               ? user_id.value
                               : Sha256Hex(user_id.value).substr(0, kDigestDigits);
  return options_.bizid.empty() ? user : fmt::format("{}_{}", options_.bizid, user);
}

Result<std::string> SignedStreamUrls::PushUrl(std::string_view stream, TimePoint now) const {
  if (options_.push_host.empty()) return Error{Errc::kUnavailable, "no push host is configured"};
  return RtmpUrl(options_.push_host, options_.push_key, stream, now);
}

Result<std::string> SignedStreamUrls::BoundPushUrl(std::string_view stream,
                                                   const PushBinding& binding,
                                                   TimePoint now) const {
  Result<std::string> url = PushUrl(stream, now);
  if (!url || !options_.bind_push_urls) return url;
  const std::string arguments = binder_.BindingArguments(stream, TxTime(now), binding);
  if (!arguments.empty()) url->append(1, '&').append(arguments);
  return url;
}

std::string SignedStreamUrls::AccelerateUrl(std::string_view stream, TimePoint now) const {
  if (options_.play_host.empty()) return "";
  return RtmpUrl(options_.play_host, options_.play_key, stream, now);
}

std::string SignedStreamUrls::UnsignedAccelerateUrl(std::string_view stream) const {
  if (options_.play_host.empty()) return "";
  return RtmpUrl(options_.play_host, {}, stream, {});
}

std::string SignedStreamUrls::MixedPlayUrl(std::string_view stream) const {
  if (options_.play_host.empty()) return "";
  const std::string url = FilledIn(options_.mixed_play_url, "{stream}", Escaped(stream));
  return FilledIn(url, "{host}", options_.play_host);
}

std::string SignedStreamUrls::PlaylistUrl(std::string_view stream, TimePoint now) const {
  if (options_.hls_url.empty()) return "";
  std::string url = FilledIn(options_.hls_url, "{stream}", Escaped(stream));
  const bool is_signed = options_.sign_hls && !options_.play_key.empty();
  if (is_signed) url += '?' + SignatureArguments(options_.play_key, stream, TxTime(now));
  return url;
}

PlainPlayUrls SignedStreamUrls::PlayUrls(std::string_view stream) const {
  if (options_.play_host.empty()) return {};
  const std::string place =
      fmt::format("{}/{}/{}", options_.play_host, options_.app, Escaped(stream));
  return {.flv = fmt::format("https://{}.flv", place),
          .rtmp = fmt::format("rtmp://{}", place),
          .hls = fmt::format("https://{}.m3u8", place)};
}

std::string SignedStreamUrls::RtmpUrl(std::string_view host, const Secret& key,
                                      std::string_view stream, TimePoint now) const {
  std::string url = fmt::format("rtmp://{}/{}/{}", host, options_.app, Escaped(stream));
  char separator = '?';
  if (!options_.bizid.empty()) {
    url += fmt::format("{}bizid={}", separator, options_.bizid);
    separator = '&';
  }
  if (!key.empty()) url += separator + SignatureArguments(key, stream, TxTime(now));
  return url;
}

std::string SignedStreamUrls::TxTime(TimePoint now) const {
  return TxTimeOf(now + options_.url_ttl);
}

}  // namespace rtcroom
