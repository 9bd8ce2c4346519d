// The addresses at which browsers publish (WHIP) and play (WHEP), and the relays that they may use.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/auth/stream_signature.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/web_grants.h"

namespace rtcroom {

struct WebAddressOptions {
  std::string prefix{};        ///< of the API, such as `/weapp`; empty: none
  std::string srs_base_url{};  ///< empty: this server has the addresses
  std::string app = "live";    ///< that phones publish to
  std::string mix_app{};       ///< of mixes; empty: viewers play the stream of the creator
  Secret push_key{};
  Secret play_key{};                                           ///< empty: the push key
  std::chrono::seconds url_ttl = std::chrono::hours(1);        ///< of addresses to play
  std::chrono::seconds pull_ttl = std::chrono::hours(7 * 24);  ///< of what workers play with
  std::vector<std::string> turn_urls{};
  Secret turn_secret{};
};

/// Servers that help a browser to connect, with the credentials of a user.
struct IceServers {
  std::vector<std::string> urls{};  ///< none: there are no such servers
  std::string username{};           ///< empty: none are needed
  std::string credential{};
};

/// Makes and reads addresses: `<prefix>/whip/<stream>?<query of the push URL>` and
/// `<prefix>/whep/<stream>?<query>`, for a mix `<prefix>/whep/mix/<stream>`. They have no host:
/// whatever proxies are in front, they are on the origin of the API. Those of SRS are whole.
///
/// The query of WHEP is that of a push URL which is bound to its user and room, signed with the
/// play key for the name `whep/<stream>`: no stream has it, so where one key signs for pushing and
/// playing, a viewer cannot push.
///
/// @threads immutable: safe from any thread.
/// @source protocol D.8; RFC 9725.
class WebAddresses : public WebSignatures {
 public:
  /// The longest query of an address that is read. The ones that are signed here have about half.
  static constexpr std::size_t kMaxQueryBytes = 512;

  explicit WebAddresses(WebAddressOptions options);

  /// @param push_url  bound to its user.
  /// @errors kUnavailable when `push_url` has no binding: its address could not be revoked.
  [[nodiscard]] Result<std::string> WhipUrl(std::string_view push_url) const;
  /// @param binding  with a room.
  /// @errors kUnavailable without a key, or when the IDs are too long to be signed.
  [[nodiscard]] Result<std::string> WhepUrl(const WebStreamName& name, const PushBinding& binding,
                                            TimePoint now) const;
  [[nodiscard]] std::string PlayQuery(const WebStreamName& name, const PushBinding* binding,
                                      TimePoint now) const override;
  [[nodiscard]] std::optional<WebGrant> Read(WebDirection direction, const WebStreamName& name,
                                             std::string_view query) const override;

  /// The stream in a path behind `<prefix>/whip/` or `<prefix>/whep/`. `Read` checks it.
  [[nodiscard]] WebStreamName NameInPath(WebDirection direction, std::string_view path) const;
  /// The stream of the creator of a live room, or of its mix.
  [[nodiscard]] WebStreamName MixOf(std::string stream) const {
    return {.stream = std::move(stream),
            .app = options_.mix_app.empty() ? options_.app : options_.mix_app};
  }
  [[nodiscard]] WebStreamName NameOf(std::string stream) const {
    return {.stream = std::move(stream), .app = options_.app};
  }

  /// Credentials of `url_ttl` for that user.
  /// @source draft-uberti-behave-turn-rest-00.
  [[nodiscard]] IceServers IceServersFor(const UserId& user_id, TimePoint now) const;
  [[nodiscard]] const std::string& prefix() const { return options_.prefix; }

 private:
  [[nodiscard]] std::string MakeUrl(std::string_view verb, const WebStreamName& name,
                                    std::string_view query) const;
  /// @return empty without a key, or when the IDs are too long.
  [[nodiscard]] std::string Sign(std::string_view signed_name, const PushBinding* binding,
                                 TimePoint until) const;
  /// The path of a stream behind its verb. It differs for a mix and for the stream of the room's
  /// creator.
  [[nodiscard]] std::string PathOf(const WebStreamName& name) const;

  const WebAddressOptions options_;  ///< with defaults applied
  const StreamSignatureVerifier pushers_;
  const StreamSignatureVerifier players_;
};

}  // namespace rtcroom
