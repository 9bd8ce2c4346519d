// The gRPC service `RoomAdmin`.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "daemon/base/call_pool.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"

namespace grpc {
class Service;
}

namespace rtcroom {

class AdminCalls;
class MixFollowers;
class NodeLease;
class WebWorkers;

/// Runs the calls on a pool, since they block on the store and gRPC's threads must not. A call is
/// answered RESOURCE_EXHAUSTED when the queue is full, and UNAVAILABLE when it has waited too long;
/// a call that was cancelled while it waited does not run.
///
/// @threads safe from any thread.
class RoomAdmin {
 public:
  static constexpr const char* kName = "rtcroom.v1.RoomAdmin";
  static constexpr CallPoolOptions kPool = {.callers = 4, .max_waiting = 64};

  /// The arguments outlive the service. `pool` stops after the server of this service, and before
  /// this object is destroyed.
  /// @param mixes  null: this server wants no mixes.
  /// @param web  null: browsers have no sessions.
  /// @param node  of a server that shares its store: while it is cut off from the others, calls are
  ///              answered UNAVAILABLE, except for FollowMixes and ServeWeb. Null: it shares none.
  RoomAdmin(AdminCalls& calls, CallPool& pool, const Clock& clock, Logger& logger,
            MixFollowers* mixes = nullptr, WebWorkers* web = nullptr,
            const NodeLease* node = nullptr);
  ~RoomAdmin();
  RoomAdmin(const RoomAdmin&) = delete;
  RoomAdmin& operator=(const RoomAdmin&) = delete;

  /// Valid as long as this object.
  grpc::Service& service();

  /// Number of calls whose answers have not been sent.
  [[nodiscard]] std::size_t calls_at_work() const;

 private:
  class Methods;
  const std::unique_ptr<Methods> methods_;
};

}  // namespace rtcroom
