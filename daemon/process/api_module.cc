#include "daemon/process/api_module.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/listen_address.h"
#include "daemon/media/local_mixer.h"
#include "daemon/process/demo_files.h"

namespace rtcroom {

RoomPolicy MakeRoomPolicy(const Config& config) {
  const RoomConfig& room = config.room;
  return {.limits = {.max_pushers_double = room.max_pushers_double,
                     .max_pushers_multi = room.max_pushers_multi,
                     .max_pushers_live = room.max_pushers_live,
                     .max_audiences = room.max_audiences},
          .interop = config.auth.interop,
          .custom_set = config.live.custom_set,
          .creator_destroys_double = room.creator_destroys_double,
          .creator_destroys_multi = room.creator_destroys_multi};
}

namespace {

RoomServiceDeps MakeRoomDeps(const Config& config, const ApiModuleDeps& deps) {
  // An unsigned URL has no expiry up to which it could be revoked.
  const bool can_revoke = deps.media != nullptr && !config.live.push_key.empty();
  RoomState& state = deps.store.state();
  return {.store = deps.store.storage().rooms(),
          .ban_store = deps.store.storage().bans(),
          .bans = state.bans,
          .leases = state.leases,
          .groups = deps.im != nullptr ? &deps.im->groups() : nullptr,
          .streams = deps.auth.streams(),
          .clock = deps.store.dates(),
          .ids = deps.runtime.ids,
          .quota = &state.quota,
          .claims = can_revoke ? &state.claims : nullptr,
          .events = &deps.store.storage().rooms()};
}

UtilsModuleDeps MakeUtilsModuleDeps(const ApiModuleDeps& deps) {
  UtilsModuleDeps utils{
      .streams = deps.auth.streams(), .random = deps.runtime.random, .calls = deps.auth.calls()};
  if (deps.im != nullptr) {
    utils.ask_im = [&probe = deps.im->probe()](std::chrono::milliseconds timeout) {
      return probe.Ask(timeout);
    };
  }
  return utils;
}

RouterOptions MakeRouterOptions(const Config& config, bool store_is_shared) {
  return {.prefix = config.server.prefix,
          .gen1_prefix = config.server.gen1_prefix,
          .gen2_prefix = config.server.gen2_prefix,
          .auth_mode = config.auth.mode,
          .sdk_app_id = config.im.sdk_app_id,
          .account_type = config.im.account_type,
          .custom_set = config.live.custom_set,
          .gen1_login = config.auth.gen1_login,
          .trust_userid = config.auth.trust_userid,
          .gen1_bind = config.auth.gen1_bind,
          .busy = store_is_shared ? BusyReply::kTryAnother : BusyReply::kAsAnyFailure};
}

std::unique_ptr<LocalMixer> MakeLocalMixer(const Config& config, const ApiModuleDeps& deps,
                                           RoomService& rooms) {
  if (config.mix.max == 0) return nullptr;
  return std::make_unique<LocalMixer>(rooms, deps.auth.streams(), deps.runtime.clock,
                                      config.mix.max_pixels);
}

std::unique_ptr<SecondLooks> MakeLooks(const ApiModuleDeps& deps) {
  return std::make_unique<SecondLooks>(deps.store.storage().follower(), deps.auth.admission(),
                                       deps.runtime.clock);
}

std::unique_ptr<WebimRouter> MakeWebim(const Config& config, const ApiModuleDeps& deps,
                                       const PipelineDeps& pipeline) {
  if (deps.channel == nullptr) return nullptr;
  return std::make_unique<WebimRouter>(
      ChannelContext{.channel = deps.channel->channel(),
                     .clients = deps.channel->clients(),
                     .costs = deps.auth.channel_costs(),
                     .verifier = deps.auth.verifier()},
      deps.auth.admission(), pipeline,
      WebimRouterOptions{.prefix = config.channel.prefix, .sdk_app_id = config.im.sdk_app_id});
}

RequestSocketDeps SocketDepsOf(const ApiModuleDeps& deps, const PipelineDeps& pipeline) {
  return {.receivers = deps.channel->receivers(),
          .costs = deps.auth.channel_costs(),
          .workers = deps.channel->workers(),
          .recorder = *pipeline.recorder,
          .clock = deps.runtime.clock,
          .node = pipeline.node};
}

std::unique_ptr<ChannelRouter> MakeChannel(const Config& config, const ApiModuleDeps& deps,
                                           const PipelineDeps& pipeline, SecondLooks* looks) {
  if (deps.channel == nullptr) return nullptr;
  return std::make_unique<ChannelRouter>(
      SocketContext{
          .socket = SocketDepsOf(deps, pipeline),
          .verbs = {.channel = deps.channel->channel(), .receivers = deps.channel->receivers()},
          .logins = {.verifier = deps.auth.verifier(),
                     .sessions = deps.auth.sessions(),
                     .clock = deps.runtime.clock,
                     .sdk_app_id = config.im.sdk_app_id,
                     .looks = deps.store.IsShared() ? looks : nullptr},
          .seated = deps.store.state().seated,
          .calls = deps.channel->calls()},
      deps.auth.admission(), pipeline, config.channel.prefix);
}

std::unique_ptr<tim::TimRouter> MakeTim(const Config& config, const ApiModuleDeps& deps,
                                        RoomService& rooms, const PipelineDeps& pipeline) {
  if (deps.channel == nullptr || !config.channel.sdks) return nullptr;
  // A group of an IM service would be waited for.
  const bool creates_groups = config.channel.create_groups && deps.im == nullptr;
  return std::make_unique<tim::TimRouter>(
      tim::Context{.socket = SocketDepsOf(deps, pipeline),
                   .channel = deps.channel->channel(),
                   .history = deps.store.storage().messages(),
                   .accounts = deps.store.storage().accounts(),
                   .places = deps.channel->channel().places(),
                   .created = deps.store.state().created,
                   .verifier = deps.auth.verifier(),
                   .sdk_app_id = std::to_string(config.im.sdk_app_id),
                   .maker = creates_groups ? &rooms : nullptr},
      deps.auth.admission(), pipeline, config.channel.prefix);
}

std::unique_ptr<WebRouter> MakeWeb(const ApiModuleDeps& deps, const PipelineDeps& pipeline) {
  if (deps.web == nullptr || deps.web->sessions_of_workers() == nullptr) return nullptr;
  return std::make_unique<WebRouter>(WebContext{.sessions = deps.web->sessions(),
                                                .addresses = deps.web->addresses(),
                                                .admission = deps.auth.admission(),
                                                .clock = deps.runtime.clock},
                                     pipeline);
}

std::vector<RequestHandler*> MakeCallbacks(const ApiModuleDeps& deps, RoomService& rooms) {
  std::vector<RequestHandler*> handlers;
  if (deps.media != nullptr) handlers.push_back(&deps.media->callbacks());
  if (deps.cloud != nullptr) handlers.push_back(&deps.cloud->Serve(rooms));
  return handlers;
}

/// Returns the handlers that exist, with those of callbacks behind them.
std::vector<RequestHandler*> Join(std::vector<RequestHandler*> handlers,
                                  const std::vector<RequestHandler*>& callbacks) {
  std::erase(handlers, nullptr);
  handlers.insert(handlers.end(), callbacks.begin(), callbacks.end());
  return handlers;
}

/// It may play whatever the room API or `live.hls_url` tells a browser to play.
std::unique_ptr<DemoPages> MakeDemo(const Config& config, const ApiModuleDeps& deps) {
  std::string media(OriginOfUrl(config.live.hls_url));
  const std::string mixed = deps.auth.streams().MixedPlayUrl("stream");
  if (mixed.starts_with("http")) media.append(media.empty() ? "" : " ").append(OriginOfUrl(mixed));
  return std::make_unique<DemoPages>(
      DemoFiles(), DemoSettings{.prefix = config.server.prefix, .playlist = config.live.hls_url},
      media);
}

/// A developer's browser is on the machine of the operators' pages.
WelcomeFacts MakeWelcome(const Config& config, bool demo) {
  WelcomeFacts facts{.prefix = config.server.prefix, .demo = demo};
  const std::optional<std::string> admin = ReachableFromHere(config.admin.listen);
  if (demo && admin) facts.admin_origin = "http://" + *admin;
  return facts;
}

}  // namespace

ApiModule::ApiModule(const Config& config, const ApiModuleDeps& deps)
    : rooms_(MakeRoomDeps(config, deps),
             RoomServiceOptions{
                 .policy = MakeRoomPolicy(config),
                 .deliveries = {.im = deps.im != nullptr, .trtc = config.trtc.enabled},
                 .push_url_ttl = std::chrono::ceil<std::chrono::seconds>(config.live.url_ttl)},
             deps.runtime.logger),
      local_mixer_(MakeLocalMixer(config, deps, rooms_)),
      utils_(config, MakeUtilsModuleDeps(deps)),
      // Eight digits distinguish the runs that write to the same log.
      request_ids_(NewEpoch(deps.runtime.random).substr(0, 8)),
      looks_(MakeLooks(deps)),
      recorder_(request_ids_, deps.observer, deps.runtime.clock, deps.runtime.logger),
      cors_(config.server.cors_origins),
      pipeline_{.recorder = &recorder_,
                .cors = &cors_,
                .node = deps.store.IsShared() ? &deps.store.lease() : nullptr},
      router_(Services{.rooms = rooms_,
                       .logins = deps.auth.logins(),
                       .sessions = deps.auth.sessions(),
                       .webrtc_ticket_signer = deps.auth.webrtc_ticket_signer(),
                       .private_map_keys = deps.auth.login_signer(),
                       .streams = deps.auth.streams(),
                       .clock = deps.runtime.clock,
                       .ids = deps.runtime.ids,
                       .admission = deps.auth.admission(),
                       .limits = MakeRoomPolicy(config).limits,
                       .looks = looks_.get(),
                       .mixer = local_mixer_ != nullptr ? local_mixer_.get() : deps.mixer,
                       .utils = &utils_.services(),
                       .viewers = &deps.store.state().viewers,
                       .web = deps.web != nullptr ? &deps.web->addresses() : nullptr},
              MakeRouterOptions(config, deps.store.IsShared()), pipeline_),
      webim_(MakeWebim(config, deps, pipeline_)),
      channel_(MakeChannel(config, deps, pipeline_, looks_.get())),
      tim_(MakeTim(config, deps, rooms_, pipeline_)),
      web_(MakeWeb(deps, pipeline_)),
      callbacks_(MakeCallbacks(deps, rooms_)),
      welcome_(MakeWelcome(config, deps.demo)),
      demo_(deps.demo ? MakeDemo(config, deps) : nullptr),
      front_({.rooms = router_,
              .webim = webim_.get(),
              .others = Join({channel_.get(), tim_.get(), web_.get(), &welcome_, demo_.get()},
                             callbacks_)}) {}

}  // namespace rtcroom
