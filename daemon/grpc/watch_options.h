// Limits and counters of Watch.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/grpc/catch_up.h"
#include "daemon/grpc/catch_up_pool.h"
#include "daemon/grpc/event_ring.h"

namespace rtcroom {

struct WatchOptions {
  std::size_t max_subscribers = 4096;
  EventRingLimits ring{};
  CatchUpLimits page{};
  CatchUpPoolOptions catch_up{};
  /// A subscriber whose pending message is not read for that long is too slow.
  std::chrono::milliseconds send_timeout = std::chrono::seconds(30);
  /// How long an ended stream may take until the client has received its end.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(10);
  /// How long it may take when the server stops.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(1);
  /// Interval of checks for silent and slow streams and of nudges for gRPC's threads
  /// (GrpcPollerKeepAwake): at most 900 ms.
  std::chrono::milliseconds tick = std::chrono::milliseconds(250);
};

/// The monotonic counters for metrics.
struct WatchCounts {
  std::atomic<std::uint64_t> events_sent{0};  ///< to all subscribers together
  std::atomic<std::uint64_t> slow_ended{0};   ///< subscribers that were too slow
  std::atomic<std::uint64_t> refused{0};      ///< calls beyond `max_subscribers`
};

}  // namespace rtcroom
