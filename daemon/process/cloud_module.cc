#include "daemon/process/cloud_module.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/address_range.h"

namespace rtcroom {
namespace {

/// One: a change of a room is as quick as the store, and callbacks that change one are rare.
constexpr std::size_t kCallbackWorkers = 1;
constexpr std::size_t kMaxWaitingCallbacks = 1000;

CloudCallbackRules MakeCloudRules(const Config& config) {
  const std::uint32_t sdk_app_id = config.im.sdk_app_id;
  CloudCallbackRules rules{.live = {.key = config.live.callback_key},
                           .trtc = {.key = config.trtc.callback_key, .sdk_app_id = sdk_app_id},
                           .im = {.token = config.im.callback_token, .sdk_app_id = sdk_app_id}};
  // The texts have been checked with the configuration.
  rules.live.allow = AddressRanges::Parse(config.live.callback_allow).value();
  return rules;
}

/// How long a report that media goes on is believed.
/// @source protocol E.5.
std::chrono::milliseconds BelievedFor(const Config& config) {
  return 3 * std::chrono::milliseconds(config.room.heartbeat_timeout);
}

TrtcOptions MakeTrtcOptions(const Config& config) {
  return {.account = {.base_url = config.trtc.base_url,
                      .secret_id = config.trtc.secret_id,
                      .secret_key = config.trtc.secret_key,
                      .region = config.trtc.region},
          .sdk_app_id = config.im.sdk_app_id};
}

}  // namespace

bool HasCloud(const Config& config) {
  return config.trtc.enabled || !config.live.callback_key.empty() ||
         !config.trtc.callback_key.empty() || !config.im.callback_token.empty();
}

CloudModule::CloudModule(const Config& config, const CloudModuleDeps& deps)
    : rules_(MakeCloudRules(config)),
      deps_(deps),
      streams_({.believed_for = BelievedFor(config)}, deps.runtime.clock),
      members_({.believed_for = BelievedFor(config)}, deps.runtime.clock),
      outgoing_(deps.runtime.clock),
      trtc_(MakeTrtcOptions(config), outgoing_, deps.runtime.clock),
      workers_(kCallbackWorkers, kMaxWaitingCallbacks) {
  if (!config.trtc.enabled) return;
  sender_.emplace(TrtcSenderDeps{.rooms = deps.store.storage().rooms(),
                                 .deliveries = deps.store.storage().deliveries(),
                                 .enqueued = deps.store.state().trtc_enqueued,
                                 .api = trtc_,
                                 .made = deps.trtc_calls,
                                 .node = deps.store.lease(),
                                 .clock = deps.runtime.clock,
                                 .logger = deps.runtime.logger});
}

void CloudModule::Start() {
  if (sender_) sender_->Start();
}

std::uint64_t CloudModule::CountPending() const {
  if (!sender_) return 0;
  const Result<DeliveryBacklog> backlog = deps_.store.storage().deliveries().CountDeliveries();
  return backlog ? backlog->to_trtc : 0;
}

void CloudModule::Stop() {
  workers_.Stop();
  outgoing_.Stop();
  if (sender_) sender_->Stop();
}

RequestHandler& CloudModule::Serve(RoomService& rooms) {
  return callbacks_.emplace(rules_, CloudCallbackContext{.streams = streams_,
                                                         .members = members_,
                                                         .rooms = rooms,
                                                         .leases = deps_.store.state().leases,
                                                         .workers = workers_,
                                                         .counted = deps_.callbacks,
                                                         .clock = deps_.runtime.clock,
                                                         .logger = deps_.runtime.logger});
}

std::optional<StreamWitness> CloudModule::streams() const {
  if (rules_.live.key.empty()) return std::nullopt;
  return StreamWitness{.media = streams_, .claims = deps_.store.state().claims};
}

const MemberMedia* CloudModule::members() const {
  return rules_.trtc.key.empty() ? nullptr : &members_;
}

const StreamSigns* CloudModule::stream_signs() const {
  return rules_.live.key.empty() ? nullptr : &streams_;
}

const TrackSigns* CloudModule::track_signs() const {
  return rules_.trtc.key.empty() ? nullptr : &members_;
}

}  // namespace rtcroom
