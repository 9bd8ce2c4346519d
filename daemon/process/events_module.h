// Event subscriptions and the gRPC listener of one life of the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/metrics.h"
#include "daemon/auth/account_logins.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/config/config.h"
#include "daemon/core/heartbeat_reaper.h"
#include "daemon/core/mix_feed.h"
#include "daemon/core/room_service.h"
#include "daemon/core/web_sessions.h"
#include "daemon/grpc/grpc_admin_server.h"
#include "daemon/grpc/watch_hub.h"
#include "daemon/grpc/watch_service.h"
#include "daemon/process/inherited_sockets.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"

namespace rtcroom {

/// All of it outlives the module.
struct EventsModuleDeps {
  StoreModule& store;  ///< open
  RoomService& rooms;
  AccountLogins& account_logins;
  MediaWitness media{};
  MixFeed* mixes = nullptr;      ///< null without mixing
  WebSessions* web = nullptr;    ///< null without sessions of browsers
  std::string recordings_url{};  ///< beginning of links to recordings; empty: none
  InheritedSockets& sockets;
  Runtime& runtime;
};

/// @threads for one thread, except for the numbers.
class EventsModule {
 public:
  /// @param config  with a gRPC listener.
  /// @param is_dev  loopback TCP needs no token.
  EventsModule(const Config& config, bool is_dev, const EventsModuleDeps& deps);

  /// Begins to serve.
  /// @errors one sentence for the operator.
  Status Start();
  /// Reads the certificate's files again.
  /// @errors as `GrpcServer::ReloadTls`.
  Status ReloadTls(const GrpcConfig& grpc);
  /// It does what `GrpcServer::Stop` does.
  void Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
    server_.Stop(drain_timeout, after);
  }
  /// Ends all subscriptions, also of a server that was never started: the store is not read then.
  void StopWatch() { hub_.Stop(); }
  std::vector<ListeningSocket> TakeSockets() { return server_.TakeSockets(); }
  std::vector<ListeningSocket> TakeWorkerSockets() { return server_.TakeWorkerSockets(); }

  /// The first one; empty before `Start`.
  [[nodiscard]] std::string bound_address() const { return server_.bound_address(); }
  [[nodiscard]] std::optional<TimePoint> certificate_expiry() const {
    return server_.certificate_expiry();
  }
  [[nodiscard]] std::size_t subscribers() const { return hub_.subscribers(); }
  [[nodiscard]] WatchStats ReadStats() const;
  [[nodiscard]] std::size_t mix_followers() const { return server_.mix_followers(); }

 private:
  const bool is_dev_;
  const std::string_view listen_keys_;
  WatchHub hub_;
  WatchService service_;
  GrpcAdminServer server_;
};

}  // namespace rtcroom
