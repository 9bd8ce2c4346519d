#include "daemon/process/live_service_module.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "daemon/media/live_api_v1.h"
#include "daemon/media/live_api_v3.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

// Few at a time: the service limits the rate of an account.
constexpr CallPoolOptions kMixCalls{.callers = 4, .max_waiting = 256};
constexpr CallPoolOptions kStateCalls{.callers = 4, .max_waiting = 4096};

/// The domain that streams are pushed to, as the service knows it.
std::string PushDomain(const LiveConfig& live) {
  if (live.push_host.empty()) return fmt::format("{}.livepush.myqcloud.com", live.bizid);
  return live.push_host.substr(0, live.push_host.find(':'));
}

std::unique_ptr<LiveService> MakeApi(const LiveConfig& live, OutgoingHttp& http,
                                     const Clock& clock) {
  if (live.api == LiveApi::kV1) {
    LiveApiV1Options options{.app_id = live.app_id, .api_key = live.api_key};
    if (!live.api_base_url.empty()) options.base_url = live.api_base_url;
    return std::make_unique<LiveApiV1>(std::move(options), http, clock);
  }
  LiveApiV3Options options{.push_host = PushDomain(live), .app = live.app};
  options.account.secret_id = live.secret_id;
  options.account.secret_key = live.secret_key;
  if (!live.api_base_url.empty()) options.account.base_url = live.api_base_url;
  return std::make_unique<LiveApiV3>(std::move(options), http, clock);
}

CloudStreamsOptions MakeStreamsOptions(const RoomConfig& room) {
  const milliseconds timeout = room.heartbeat_timeout;
  return {.fresh_for = std::max(timeout / 2, 2 * milliseconds(room.sweep_period)),
          .forget_after = 4 * timeout};
}

std::unique_ptr<const CloudStreams> MakeStreams(const Config& config, LiveService& service,
                                                CallPool& calls,
                                                const LiveServiceModuleDeps& deps) {
  if (config.liveness.policy == LivenessPolicy::kHeartbeat) return nullptr;
  return std::make_unique<const CloudStreams>(MakeStreamsOptions(config.room),
                                              CloudStreamsDeps{.service = service,
                                                               .calls = calls,
                                                               .callbacks = deps.callbacks,
                                                               .replies = deps.stream_states,
                                                               .clock = deps.runtime.clock,
                                                               .logger = deps.runtime.logger});
}

}  // namespace

LiveServiceModule::LiveServiceModule(const Config& config, const LiveServiceModuleDeps& deps)
    : outgoing_(deps.runtime.clock),
      api_(MakeApi(config.live, outgoing_, deps.runtime.clock)),
      mix_calls_(deps.runtime.clock, deps.runtime.logger, kMixCalls),
      state_calls_(deps.runtime.clock, deps.runtime.logger, kStateCalls),
      mixer_({}, *api_, mix_calls_, deps.mix_requests, deps.runtime.logger),
      streams_(MakeStreams(config, *api_, state_calls_, deps)) {}

void LiveServiceModule::Stop() {
  outgoing_.Stop();
  mix_calls_.Stop();
  state_calls_.Stop();
}

}  // namespace rtcroom
