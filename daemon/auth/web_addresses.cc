#include "daemon/auth/web_addresses.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {
namespace {

constexpr std::string_view kMixPath = "mix/";

WebAddressOptions WithDefaults(WebAddressOptions options) {
  if (options.play_key.empty()) options.play_key = options.push_key;
  return options;
}

std::string_view PathOf(WebDirection direction) {
  return direction == WebDirection::kPublish ? "whip" : "whep";
}

std::string AddressName(std::string_view stream) { return fmt::format("whep/{}", stream); }

std::string MakeUrl(const WebAddressOptions& options, WebDirection direction,
                    const WebStreamName& name, std::string_view query) {
  if (!options.srs_base_url.empty()) {
    return fmt::format("{}/rtc/v1/{}/?app={}&stream={}&{}", options.srs_base_url, PathOf(direction),
                       name.app, name.stream, query);
  }
  const bool is_mix = name.app != options.app;
  return fmt::format("{}/{}/{}{}?{}", options.prefix, PathOf(direction), is_mix ? kMixPath : "",
                     name.stream, query);
}

}  // namespace

WebAddresses::WebAddresses(WebAddressOptions options)
    : options_(WithDefaults(std::move(options))),
      pushers_(options_.push_key),
      players_(options_.play_key, "rtcroomd-play") {}

Result<std::string> WebAddresses::WhipUrl(std::string_view push_url) const {
  const std::size_t mark = push_url.find('?');
  const std::string_view query = mark == push_url.npos ? "" : push_url.substr(mark + 1);
  if (options_.push_key.empty() || query.find("&rs=") == query.npos) {
    return Error{Errc::kUnavailable, "the push URL is not bound to its user"};
  }
  const WebStreamName name = NameOf(std::string(StreamInPushUrl(push_url)));
  return MakeUrl(options_, WebDirection::kPublish, name, query);
}

Result<std::string> WebAddresses::WhepUrl(const WebStreamName& name, const PushBinding& binding,
                                          TimePoint now) const {
  const bool is_of_srs = !options_.srs_base_url.empty();
  // SRS asks for the `txSecret` of a player.
  if (is_of_srs && options_.play_key.Reveal() == options_.push_key.Reveal()) {
    return Error{Errc::kUnavailable, "live.play_key is not set, or the same as live.push_key"};
  }
  const std::string stream = SignedName(name);
  const std::string query = SignedArguments(is_of_srs ? stream : AddressName(stream), name,
                                            &binding, now + options_.url_ttl);
  if (query.empty()) {
    return Error{Errc::kUnavailable, "no play key, or the IDs are too long to be signed"};
  }
  return MakeUrl(options_, WebDirection::kPlay, name, query);
}

std::string WebAddresses::PlayQuery(const WebStreamName& name, const PushBinding* binding,
                                    TimePoint now) const {
  return SignedArguments(SignedName(name), name, binding, now + options_.pull_ttl);
}

std::string WebAddresses::SignedArguments(std::string_view secret_of, const WebStreamName& name,
                                          const PushBinding* binding, TimePoint until) const {
  if (options_.play_key.empty()) return "";
  const auto seconds = std::chrono::floor<std::chrono::seconds>(until).time_since_epoch().count();
  const std::string tx_time = fmt::format("{:X}", seconds);
  std::string query = fmt::format(
      "txSecret={}&txTime={}",
      Md5Hex(fmt::format("{}{}{}", options_.play_key.Reveal(), secret_of, tx_time)), tx_time);
  if (binding == nullptr) return query;
  const std::string bound = players_.BindingArguments(SignedName(name), tx_time, *binding);
  return bound.empty() ? "" : query.append(1, '&').append(bound);
}

std::string WebAddresses::SignedName(const WebStreamName& name) const {
  return name.app == options_.app ? name.stream : std::string(kMixPath) + name.stream;
}

std::optional<WebGrant> WebAddresses::Read(WebDirection direction, const WebStreamName& name,
                                           const StreamArguments& arguments) const {
  const bool publishes = direction == WebDirection::kPublish;
  const std::string stream = SignedName(name);
  StreamSignature signature =
      publishes ? pushers_.Check(stream, arguments, TimePoint())
                : players_.Check(stream, arguments, TimePoint(), AddressName(stream));
  // A worker plays with this query; no client has one with a binding.
  if (!publishes && !signature.is_authentic()) {
    signature = players_.Check(stream, arguments, TimePoint());
  }
  if (!signature.is_authentic() || !signature.binding || !signature.signed_until) {
    return std::nullopt;
  }
  if (!publishes && signature.binding->room.id.value.empty()) return std::nullopt;
  return WebGrant{.direction = direction,
                  .name = name,
                  .binding = *signature.binding,
                  .signed_until = *signature.signed_until};
}

std::optional<WebStreamName> WebAddresses::NameInPath(WebDirection direction,
                                                      std::string_view path) const {
  const bool is_mix =
      direction == WebDirection::kPlay && !options_.mix_app.empty() && path.starts_with(kMixPath);
  if (is_mix) path.remove_prefix(kMixPath.size());
  if (!IsStreamName(path)) return std::nullopt;
  return WebStreamName{.stream = std::string(path),
                       .app = is_mix ? options_.mix_app : options_.app};
}

WebStreamName WebAddresses::MixOf(std::string stream) const {
  return {.stream = std::move(stream),
          .app = options_.mix_app.empty() ? options_.app : options_.mix_app};
}

IceServers WebAddresses::IceServersFor(const UserId& user_id, TimePoint now) const {
  if (options_.turn_urls.empty()) return {};
  IceServers servers{.urls = options_.turn_urls};
  if (options_.turn_secret.empty()) return servers;
  const auto until = std::chrono::floor<std::chrono::seconds>(now + options_.url_ttl);
  servers.username = fmt::format("{}:{}", until.time_since_epoch().count(), user_id.value);
  servers.credential = EncodeBase64(HmacSha1(options_.turn_secret, servers.username));
  return servers;
}

}  // namespace rtcroom
