#include "handlers/web/web_addresses.h"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "daemon/core/stream_urls.h"
#include "handlers/shared/stream_arguments.h"

namespace rtcroom {
namespace {

constexpr std::string_view kMixPath = "mix/";

WebAddressOptions WithDefaults(WebAddressOptions options) {
  if (options.play_key.empty()) options.play_key = options.push_key;
  return options;
}

}  // namespace

WebAddresses::WebAddresses(WebAddressOptions options)
    : options_(WithDefaults(std::move(options))),
      pushers_(options_.push_key),
      players_(options_.play_key) {}

std::string WebAddresses::PathOf(const WebStreamName& name) const {
  return name.app == options_.app ? name.stream : std::string(kMixPath) + name.stream;
}

std::string WebAddresses::MakeUrl(std::string_view verb, const WebStreamName& name,
                                  std::string_view query) const {
  if (options_.srs_base_url.empty()) {
    return fmt::format("{}/{}/{}?{}", options_.prefix, verb, PathOf(name), query);
  }
  return fmt::format("{}/rtc/v1/{}/?app={}&stream={}&{}", options_.srs_base_url, verb, name.app,
                     name.stream, query);
}

Result<std::string> WebAddresses::WhipUrl(std::string_view push_url) const {
  const std::size_t mark = push_url.find('?');
  const std::string_view query = mark == push_url.npos ? "" : push_url.substr(mark + 1);
  if (options_.push_key.empty() || query.find("&rs=") == query.npos) {
    return Error{Errc::kUnavailable, "the push URL is not bound to its user"};
  }
  return MakeUrl("whip", NameOf(std::string(StreamInPushUrl(push_url))), query);
}

Result<std::string> WebAddresses::WhepUrl(const WebStreamName& name, const PushBinding& binding,
                                          TimePoint now) const {
  const std::string query = Sign("whep/" + PathOf(name), &binding, now + options_.url_ttl);
  if (query.empty()) {
    return Error{Errc::kUnavailable, "no play key, or the IDs are too long to be signed"};
  }
  return MakeUrl("whep", name, query);
}

std::string WebAddresses::PlayQuery(const WebStreamName& name, const PushBinding* binding,
                                    TimePoint now) const {
  return Sign(PathOf(name), binding, now + options_.pull_ttl);
}

std::string WebAddresses::Sign(std::string_view signed_name, const PushBinding* binding,
                               TimePoint until) const {
  if (options_.play_key.empty()) return "";
  const std::string tx_time = TxTimeOf(until);
  std::string query = SignatureArguments(options_.play_key, signed_name, tx_time);
  if (binding == nullptr) return query;
  const std::string bound = players_.BindingArguments(signed_name, tx_time, *binding);
  return bound.empty() ? "" : query.append(1, '&').append(bound);
}

std::optional<WebGrant> WebAddresses::Read(WebDirection direction, const WebStreamName& name,
                                           std::string_view query) const {
  // Workers get the query as text, and repeat it with each of their calls.
  const bool is_plain = query.size() <= kMaxQueryBytes && std::ranges::all_of(query, [](char one) {
                          return one > ' ' && one <= '~';
                        });
  if (!is_plain || !IsStreamName(name.stream)) return std::nullopt;
  const FormPairs pairs = ParseForm(query);
  const StreamArguments arguments = StreamArgumentsOf(pairs);
  const bool publishes = direction == WebDirection::kPublish;
  const std::string path = PathOf(name);
  StreamSignature signature = publishes ? pushers_.Check(path, arguments, TimePoint())
                                        : players_.Check("whep/" + path, arguments, TimePoint());
  // A worker plays with this query. With one key for both, a pusher's own push URL is such a query,
  // too: for the own stream.
  if (!publishes && !signature.is_authentic()) {
    signature = players_.Check(path, arguments, TimePoint());
  }
  const bool is_bound = signature.is_authentic() && signature.binding && signature.signed_until &&
                        (publishes || !signature.binding->room.id.value.empty());
  if (!is_bound) return std::nullopt;
  return WebGrant{.direction = direction,
                  .name = name,
                  .binding = *signature.binding,
                  .signed_until = *signature.signed_until};
}

WebStreamName WebAddresses::NameInPath(WebDirection direction, std::string_view path) const {
  const bool is_mix =
      direction == WebDirection::kPlay && !options_.mix_app.empty() && path.starts_with(kMixPath);
  if (!is_mix) return NameOf(std::string(path));
  return MixOf(std::string(path.substr(kMixPath.size())));
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
