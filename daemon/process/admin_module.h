// The admin listener of one life of the server: health, metrics, the console and its API.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/admin_server.h"
#include "daemon/admin/backup_endpoint.h"
#include "daemon/admin/console.h"
#include "daemon/admin/metrics.h"
#include "daemon/admin/readiness_check.h"
#include "daemon/auth/account_logins.h"
#include "daemon/base/result.h"
#include "daemon/config/config.h"
#include "daemon/http/connection_limiter.h"
#include "daemon/http/edge_threads.h"
#include "daemon/process/api_module.h"
#include "daemon/process/inherited_sockets.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"

namespace rtcroom {

/// All of it outlives the module.
struct AdminModuleDeps {
  StoreModule& store;  ///< open
  ApiModule& api;
  AccountLogins& account_logins;
  RoomClients clients{};
  MediaWitness media{};
  const WebSessions* web = nullptr;  ///< null without sessions of browsers
  const SignedStreamUrls& urls;
  Metrics& metrics;
  std::size_t max_held_bytes = 0;  ///< most for slow clients of this listener
  ReadinessCheck& readiness;
  /// The console's figures; called from any thread.
  std::function<ConsoleStats()> stats = {};
  InheritedSockets& sockets;
  bool is_dev = false;
  Runtime& runtime;
};

/// @threads for one thread.
class AdminModule {
 public:
  AdminModule(const Config& config, const AdminModuleDeps& deps);

  /// Begins to serve. The last listener to start, so that a server that answers here is ready.
  /// @errors one sentence for the operator.
  Status Start(const ConsoleFacts& facts);

  /// Ends the streams of the former token.
  void SetToken(const Secret& token);
  [[nodiscard]] EdgeThreads& threads() { return threads_; }
  /// The first one; empty before `Start`.
  [[nodiscard]] std::string bound_address() const { return server_.listener().bound_address(); }

  /// A waiting client is answered while the listener still exists.
  void StopBackup() { backup_.Stop(); }
  void Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after);
  std::vector<ListeningSocket> TakeSockets() { return server_.listener().TakeSockets(); }

 private:
  const AdminModuleDeps deps_;
  AdminAccess access_;
  AdminRouter router_;
  BackupEndpoint backup_;
  /// Separate, so that the operator can connect when the others are exhausted.
  ConnectionLimiter limiter_;
  MemoryTotal held_;
  EdgeThreads threads_;
  std::optional<Console> console_;
  AdminServer server_;
};

}  // namespace rtcroom
