#include "daemon/process/web_module.h"

#include <chrono>
#include <string>
#include <utility>

#include "daemon/media/srs_players.h"

namespace rtcroom {
namespace {

/// The application that mixes have in the configuration of the media server.
constexpr const char* kMixApp = "mix";

WebAddressOptions MakeAddressOptions(const Config& config) {
  const LiveConfig& live = config.live;
  const WebConfig& web = config.web;
  std::string prefix = config.server.prefix;
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty() && !prefix.starts_with('/')) prefix.insert(0, 1, '/');
  return {.prefix = std::move(prefix),
          .srs_base_url = web.srs_base_url,
          .app = live.app,
          .mix_app = config.mix.max > 0 ? kMixApp : "",
          .push_key = live.push_key,
          .play_key = live.play_key,
          .url_ttl = std::chrono::ceil<std::chrono::seconds>(web.url_ttl),
          .pull_ttl = std::chrono::ceil<std::chrono::seconds>(live.url_ttl),
          .turn_urls = web.turn_urls,
          .turn_secret = web.turn_secret};
}

WebSessionLimits MakeLimits(const WebConfig& web) {
  const bool is_of_srs = !web.srs_base_url.empty();
  return {.per_worker = is_of_srs ? SrsPlayers::kMaxPlayers : web.max_sessions,
          .per_user = web.max_sessions_per_user,
          // SRS may know no address but that of its proxy.
          .per_address = is_of_srs ? SrsPlayers::kMaxPlayers : web.max_sessions_per_address};
}

}  // namespace

WebModule::WebModule(const Config& config, const WebModuleDeps& deps)
    : addresses_(MakeAddressOptions(config)),
      is_of_srs_(!config.web.srs_base_url.empty()),
      sessions_({.rights = {.rooms = deps.store.storage().rooms(),
                            .bans = deps.store.state().bans,
                            .revocations = deps.store.state().revocations,
                            .claims = deps.store.state().claims},
                 .signatures = addresses_,
                 .tallies = deps.metrics.tallies().web,
                 .clock = deps.runtime.clock,
                 .random = deps.runtime.random,
                 .logger = deps.runtime.logger,
                 .app = config.live.app,
                 .on_end = deps.on_end,
                 .on_connected = [&media = deps.metrics.media()](
                                     auto since_offer) { media.OnConnected(since_offer); },
                 .on_loss = [&media = deps.metrics.media()](double ratio) { media.OnLoss(ratio); },
                 .viewers = &deps.store.state().viewers},
                MakeLimits(config.web)),
      commits_(deps.store.state().web_commits) {
  commits_.ForwardTo(&sessions_);
}

WebModule::~WebModule() { commits_.ForwardTo(nullptr); }

}  // namespace rtcroom
