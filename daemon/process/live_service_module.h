// The live service of one life of the server: mixing, and the streams of silent members.
#pragma once

#include <memory>

#include "daemon/base/call_pool.h"
#include "daemon/base/tally.h"
#include "daemon/config/config.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/cloud_streams.h"
#include "daemon/media/live_service.h"
#include "daemon/media/mix_queue.h"
#include "daemon/process/runtime.h"

namespace rtcroom {

/// All of it outlives the module.
struct LiveServiceModuleDeps {
  const MediaView* callbacks = nullptr;  ///< streams of which callbacks tell; null: none
  Tally& mix_requests;
  Tally& stream_states;
  Runtime& runtime;
};

/// @threads for one thread, except for what it gives out.
class LiveServiceModule {
 public:
  /// @param config  with v1 or v3 as `live.api`.
  LiveServiceModule(const Config& config, const LiveServiceModuleDeps& deps);
  ~LiveServiceModule() { Stop(); }
  LiveServiceModule(const LiveServiceModule&) = delete;
  LiveServiceModule& operator=(const LiveServiceModule&) = delete;

  /// Interrupts running calls to the service: their callers are answered.
  void InterruptCalls() { outgoing_.Stop(); }
  void Stop();

  [[nodiscard]] StreamMixer& mixer() { return mixer_; }
  /// Null where streams do not matter, by `liveness.policy`.
  [[nodiscard]] const MediaView* streams() const { return streams_.get(); }

 private:
  HttplibOutgoing outgoing_;
  const std::unique_ptr<LiveService> api_;
  CallPool mix_calls_;
  CallPool state_calls_;
  MixQueue mixer_;
  const std::unique_ptr<const CloudStreams> streams_;
};

}  // namespace rtcroom
