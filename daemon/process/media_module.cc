#include "daemon/process/media_module.h"

#include <chrono>
#include <utility>

#include "daemon/base/address_range.h"
#include "daemon/base/free_space.h"
#include "daemon/media/nginx_rtmp_api.h"
#include "daemon/media/srs_api.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// The longest wait for a list of streams.
constexpr milliseconds kMaxPollTimeout{3000};

StreamServerOptions MakeServerOptions(const LiveConfig& live) {
  return {.base_url = live.api_base_url, .control_key = live.control_key, .app = live.app};
}

std::unique_ptr<StreamServer> MakeServer(const LiveConfig& live, OutgoingHttp& http) {
  const StreamServerOptions options = MakeServerOptions(live);
  switch (live.api) {
    case LiveApi::kNginxRtmp:
      return std::make_unique<NginxRtmpServer>(options, http);
    case LiveApi::kSrs:
      return std::make_unique<SrsServer>(options, http);
    case LiveApi::kNone:
    case LiveApi::kV1:
    case LiveApi::kV3:
      break;
  }
  return nullptr;
}

std::shared_ptr<SrsPlayers> MakePlayers(const LiveConfig& live, const MediaModuleDeps& deps,
                                        OutgoingHttp& http) {
  if (live.api != LiveApi::kSrs || deps.web == nullptr) return nullptr;
  auto players = std::make_shared<SrsPlayers>(
      MakeServerOptions(live), SrsPlayers::Deps{.sessions = *deps.web,
                                                .http = http,
                                                .removals = deps.store.state().claims.removals(),
                                                .clock = deps.runtime.clock});
  deps.web->Attach(players, SrsPlayers::kMaxPlayers, {});
  return players;
}

StreamTableOptions MakeTableOptions(const Config& config) {
  const LiveConfig& live = config.live;
  const bool is_polled = IsMediaServer(live.api);
  return {.is_polled = is_polled,
          // Without polls only updates tell of a stream, as rarely as an operator has set.
          .confirm_ttl = is_polled ? milliseconds(live.confirm_ttl)
                                   : 3 * milliseconds(config.room.heartbeat_timeout),
          .unclaimed_ttl = live.unclaimed_ttl};
}

StreamCallbackRules MakeRules(const LiveConfig& live) {
  StreamCallbackRules rules{.senders = {.secret = live.rtmp_callback_secret},
                            .app = live.app,
                            .check_play = live.check_play};
  // The texts have been checked with the configuration.
  rules.senders.allow = AddressRanges::Parse(live.callback_allow).value();
  return rules;
}

/// Null without a folder of recordings.
std::unique_ptr<RecordingIndex> MakeRecordings(const Config& config, const MediaModuleDeps& deps,
                                               const MediaView& media) {
  const RecordingConfig& recording = config.recording;
  if (recording.root.empty()) return nullptr;
  return std::make_unique<RecordingIndex>(
      RecordingOptions{.root = recording.root,
                       .retention = recording.retention,
                       .min_free_bytes = recording.min_free_bytes,
                       // nginx-rtmp records into folders that it is given.
                       .removes_folders = config.live.api == LiveApi::kSrs,
                       .store_is_shared = deps.store.IsShared()},
      RecordingDeps{.store = deps.store.storage().recordings(),
                    .claims = deps.store.state().claims,
                    .media = media,
                    .files = deps.metrics.tallies().recordings,
                    .clock = deps.runtime.clock,
                    .removal = deps.store.removal(),
                    .logger = deps.runtime.logger,
                    .free_bytes = [root = recording.root] { return FreeBytes(root); }});
}

std::function<void(std::string, std::string)> MakeRecorded(RecordingIndex* recordings) {
  if (recordings == nullptr) return {};
  return [recordings](std::string file, std::string stream) {
    recordings->Completed(std::move(file), std::move(stream));
  };
}

std::vector<OnAirListener*> MakeOnAir(const MediaModuleDeps& deps) {
  std::vector<OnAirListener*> listeners = {&deps.store.state().mixes};
  listeners.insert(listeners.end(), deps.on_air.begin(), deps.on_air.end());
  return listeners;
}

}  // namespace

MediaModule::MediaModule(const Config& config, const MediaModuleDeps& deps)
    : outgoing_(deps.runtime.clock),
      server_(MakeServer(config.live, outgoing_)),
      pushers_(config.live.push_key),
      players_(config.live.play_key.empty() ? config.live.push_key : config.live.play_key),
      claims_(deps.store.state().claims),
      on_air_(MakeOnAir(deps)),
      monitor_(MakeTableOptions(config), {.claims = deps.store.state().claims,
                                          .bans = deps.store.state().bans,
                                          .revocations = deps.store.state().revocations,
                                          .pushers = pushers_,
                                          .players = players_,
                                          .on_air = &on_air_,
                                          .clock = deps.runtime.clock}),
      players_of_srs_(MakePlayers(config.live, deps, outgoing_)),
      poller_({.period = config.live.poll_period,
               .poll_timeout = std::min(kMaxPollTimeout, milliseconds(config.live.poll_period))},
              {.monitor = monitor_,
               .server = server_.get(),
               .players = players_of_srs_.get(),
               .removals = deps.store.state().claims.removals(),
               .drops = deps.metrics.tallies().media_drops,
               .clock = deps.runtime.clock,
               .logger = deps.runtime.logger,
               .on_poll = [&media = deps.metrics.media()](
                              bool is_up,
                              std::chrono::nanoseconds took) { media.OnPoll(is_up, took); }}),
      recordings_(MakeRecordings(config, deps, monitor_)),
      callbacks_(MakeRules(config.live), {.monitor = monitor_,
                                          .poller = poller_,
                                          .players = players_of_srs_.get(),
                                          .counted = deps.metrics.tallies().callbacks,
                                          .clock = deps.runtime.clock,
                                          .logger = deps.runtime.logger,
                                          .recorded = MakeRecorded(recordings_.get())}) {}

void MediaModule::Start() {
  poller_.Start();
  if (recordings_) recordings_->Start();
}

void MediaModule::Stop() {
  outgoing_.Stop();
  poller_.Stop();
  if (recordings_) recordings_->Stop();
}

StreamWitness MediaModule::witness() const { return {.media = monitor_, .claims = claims_}; }

}  // namespace rtcroom
