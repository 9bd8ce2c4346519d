// The admin listener while the server waits for its database.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/admin_server.h"
#include "daemon/admin/metrics.h"
#include "daemon/admin/readiness_check.h"
#include "daemon/base/result.h"
#include "daemon/config/config.h"
#include "daemon/http/connection_limiter.h"
#include "daemon/http/edge_threads.h"
#include "daemon/process/inherited_sockets.h"
#include "daemon/process/runtime.h"
#include "handlers/shared/request_recorder.h"

namespace rtcroom {

/// Alive and not ready, so that monitors can distinguish a server that waits from one that is gone.
/// The addresses of clients are not listened on: a balancer asks another node.
///
/// @threads for one thread.
class WaitingAdmin {
 public:
  /// @param sockets  the listener's is taken from them, and put back by `Stop`.
  WaitingAdmin(const Config& config, InheritedSockets& sockets, Metrics& metrics, Runtime& runtime);
  ~WaitingAdmin() { Stop(); }
  WaitingAdmin(const WaitingAdmin&) = delete;
  WaitingAdmin& operator=(const WaitingAdmin&) = delete;

  /// @errors one sentence for the operator.
  Status Start() { return server_.listener().Start(); }
  [[nodiscard]] const std::vector<std::string>& bound_addresses() const {
    return server_.listener().bound_addresses();
  }
  void Stop();

 private:
  static constexpr std::size_t kMaxHeldBytes = std::size_t{1} << 20;

  InheritedSockets& sockets_;
  RequestIds ids_{"waiting"};
  const WriteRecord writes_;
  ReadinessCheck readiness_;
  const AdminAccess access_{{}, {}};
  AdminRouter router_;
  ConnectionLimiter limiter_;
  MemoryTotal held_{kMaxHeldBytes};
  EdgeThreads threads_;
  AdminServer server_;
};

}  // namespace rtcroom
