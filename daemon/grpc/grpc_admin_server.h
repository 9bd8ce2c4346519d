// The gRPC server for admin clients.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/call_pool.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/core/mix_feed.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/recording_store.h"
#include "daemon/core/room_service.h"
#include "daemon/core/store.h"
#include "daemon/grpc/admin_calls.h"
#include "daemon/grpc/grpc_server.h"
#include "daemon/grpc/mix_followers.h"
#include "daemon/grpc/room_admin.h"
#include "daemon/grpc/web_workers.h"

namespace rtcroom {

struct GrpcAdminServerDeps {
  Store& store;
  RecordingStore& recordings;
  RoomService& rooms;
  EndUserLogins end_logins;
  ServerFacts facts = {};
  MixFeed* mixes = nullptr;         ///< null: this server wants no mixes
  WebSessions* web = nullptr;       ///< null: browsers have no sessions
  const NodeLease* node = nullptr;  ///< as for `RoomAdmin`
  std::vector<GrpcService> more_services = {};
  /// The number of calls of `more_services` to wait for at a stop.
  std::function<std::size_t()> more_calls = [] { return std::size_t{0}; };
  /// The `GrpcServerDeps::end_streams` of `more_services`.
  std::function<void()> end_streams = [] {};
  const Clock& clock;
  Logger& logger;
};

/// The gRPC server with `RoomAdmin`, and the threads on which its calls block.
///
/// @threads as GrpcServer.
class GrpcAdminServer {
 public:
  /// Starts the threads.
  /// @throws std::system_error when no thread can be created.
  GrpcAdminServer(GrpcServerOptions options, const GrpcAdminServerDeps& deps);

  /// @errors  as `GrpcServer::Start`.
  Status Start();
  [[nodiscard]] const std::vector<std::string>& bound_addresses() const {
    return server_.bound_addresses();
  }
  [[nodiscard]] std::string bound_address() const { return server_.bound_address(); }
  /// @errors  as `GrpcServer::ReloadTls`.
  Status ReloadTls(const GrpcTlsFiles& files) { return server_.ReloadTls(files); }

  [[nodiscard]] std::optional<TimePoint> certificate_expiry() const {
    return server_.certificate_expiry();
  }

  /// It does what `GrpcServer::Stop` does; afterwards nothing uses the store.
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed);
  [[nodiscard]] std::size_t mix_followers() const { return mixes_ ? mixes_->size() : 0; }
  std::vector<ListeningSocket> TakeSockets() { return server_.TakeSockets(); }
  std::vector<ListeningSocket> TakeWorkerSockets() { return server_.TakeWorkerSockets(); }

 private:
  Logger& logger_;
  AdminCalls calls_;
  std::optional<MixFollowers> mixes_;
  std::optional<WebWorkers> web_;
  RoomAdmin admin_;
  CallPool callers_;   // its calls end before the members they use
  GrpcServer server_;  // last: it uses all other members
};

}  // namespace rtcroom
