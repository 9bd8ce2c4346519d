// The gRPC service of the operator's calls.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/http_client/call_pool.h"

namespace grpc {
class Service;
}

namespace rtcroom {

class AdminCalls;

/// Makes the calls on a pool, since they wait for the store and gRPC's threads must not. When as
/// many wait as may, a call is answered RESOURCE_EXHAUSTED; one that waited too long,
/// UNAVAILABLE; one whose caller has gone meanwhile is not made.
///
/// @threads safe from any thread.
class RoomAdmin {
 public:
  static constexpr const char* kName = "rtcroom.v1.RoomAdmin";
  static constexpr CallPoolOptions kPool = {.callers = 4, .max_waiting = 64};

  /// All of it outlives the service. `pool` is stopped after the server of this service, and
  /// before this object's end.
  RoomAdmin(AdminCalls& calls, CallPool& pool, const Clock& clock, Logger& logger);
  ~RoomAdmin();
  RoomAdmin(const RoomAdmin&) = delete;
  RoomAdmin& operator=(const RoomAdmin&) = delete;

  /// For the server; lives as long as this object.
  grpc::Service& service();

  /// How many calls there are whose answers have not been sent.
  [[nodiscard]] std::size_t calls_at_work() const;

 private:
  class Methods;
  const std::unique_ptr<Methods> methods_;
};

}  // namespace rtcroom
