// The media server of one life of the server: its callbacks, its streams, and what is asked of it.
#pragma once

#include <memory>
#include <vector>

#include "daemon/admin/metrics.h"
#include "daemon/auth/stream_signature.h"
#include "daemon/config/config.h"
#include "daemon/core/heartbeat_reaper.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/media_poller.h"
#include "daemon/media/recording_index.h"
#include "daemon/media/srs_players.h"
#include "daemon/media/stream_monitor.h"
#include "daemon/media/stream_server.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"
#include "handlers/callbacks/callback_router.h"

namespace rtcroom {

/// All of it outlives the module.
struct MediaModuleDeps {
  StoreModule& store;
  Metrics& metrics;
  std::vector<OnAirListener*> on_air = {};  ///< besides the mixes
  WebSessions* web = nullptr;               ///< null: browsers are not served
  Runtime& runtime;
};

/// @threads for one thread, except for what it gives out.
class MediaModule {
 public:
  MediaModule(const Config& config, const MediaModuleDeps& deps);

  void Start();
  /// Ends running questions. Callbacks are answered until the listeners have stopped.
  void Stop();

  [[nodiscard]] StreamWitness witness() const;
  [[nodiscard]] const StreamSigns& signs() const { return monitor_; }
  [[nodiscard]] CallbackRouter& callbacks() { return callbacks_; }
  /// Space left for recordings, as of the last scan; nullopt without them.
  [[nodiscard]] std::optional<std::uint64_t> free_bytes() const {
    return recordings_ == nullptr ? std::nullopt : recordings_->free_bytes();
  }
  [[nodiscard]] StreamCounts Count() const { return monitor_.Count(); }

 private:
  HttplibOutgoing outgoing_;
  const std::unique_ptr<StreamServer> server_;  ///< null without `live.api`
  const StreamSignatureVerifier pushers_;
  const StreamSignatureVerifier players_;
  const StreamClaims& claims_;
  OnAirFanOut on_air_;
  StreamMonitor monitor_;
  const std::shared_ptr<SrsPlayers> players_of_srs_;  ///< null unless SRS serves browsers
  MediaPoller poller_;
  const std::unique_ptr<RecordingIndex> recordings_;  ///< null without `recording.root`
  CallbackRouter callbacks_;
};

}  // namespace rtcroom
