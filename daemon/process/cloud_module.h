// The clouds in one life of the server: what they report of streams, members and rooms, and what
// TRTC is asked to do.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/thread_pool.h"
#include "daemon/config/config.h"
#include "daemon/core/heartbeat_reaper.h"
#include "daemon/core/room_service.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/callback_streams.h"
#include "daemon/media/trtc_api.h"
#include "daemon/media/trtc_members.h"
#include "daemon/media/trtc_sender.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"
#include "handlers/callbacks/cloud_callbacks.h"

namespace rtcroom {

/// Whether a cloud is configured that sends callbacks, or that is called.
bool HasCloud(const Config& config);

/// All of it outlives the module.
struct CloudModuleDeps {
  StoreModule& store;
  Tally& callbacks;
  Tally& trtc_calls;
  Runtime& runtime;
};

/// @threads for one thread, except for what it gives out.
class CloudModule {
 public:
  CloudModule(const Config& config, const CloudModuleDeps& deps);

  void Start();

  /// The handler of the callbacks, which change `rooms` until `Stop`. Call it once.
  RequestHandler& Serve(RoomService& rooms);

  /// nullopt without callbacks of the live service.
  [[nodiscard]] std::optional<StreamWitness> streams() const;
  /// Null without callbacks of TRTC.
  [[nodiscard]] const MemberMedia* members() const;
  /// Null likewise.
  [[nodiscard]] const StreamSigns* stream_signs() const;
  [[nodiscard]] const TrackSigns* track_signs() const;

  /// Calls to TRTC that are still to be made.
  [[nodiscard]] std::uint64_t CountPending() const;

  /// Finishes what callbacks have begun, and ends a running call. The listeners have stopped.
  void Stop();

 private:
  const CloudCallbackRules rules_;
  const CloudModuleDeps deps_;
  CallbackStreams streams_;
  TrtcMembers members_;
  std::optional<CloudCallbacks> callbacks_;
  HttplibOutgoing outgoing_;
  TrtcApi trtc_;
  std::optional<TrtcSender> sender_;  ///< none without `trtc.enabled`
  ThreadPool workers_;                // last: its tasks use all of the above
};

}  // namespace rtcroom
