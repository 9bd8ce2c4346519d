// The bounds of Watch, and what is counted of it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/events/catch_up.h"
#include "daemon/events/catch_up_pool.h"
#include "daemon/events/event_ring.h"

namespace rtcroom {

struct WatchOptions {
  std::size_t max_subscribers = 4096;
  EventRingLimits ring{};
  CatchUpLimits page{};
  CatchUpPoolOptions catch_up{};
  /// A subscriber that a message has been waiting for that long is too slow.
  std::chrono::milliseconds patience = std::chrono::seconds(30);
  /// How long a subscriber that has been told that its stream ends may take to hear of it.
  std::chrono::milliseconds farewell = std::chrono::seconds(10);
  /// The same when the whole server stops.
  std::chrono::milliseconds stop_farewell = std::chrono::seconds(1);
  /// How often silences and the slow are looked for, and gRPC's threads are nudged (CallbackNudge):
  /// at most 900 ms.
  std::chrono::milliseconds tick = std::chrono::milliseconds(250);
  /// The store is asked for new events that often even when nobody has told of any.
  std::chrono::milliseconds safety_poll = std::chrono::seconds(1);
  /// After the store has failed: at first, and at most.
  std::chrono::milliseconds first_back_off = std::chrono::milliseconds(50);
  std::chrono::milliseconds longest_back_off = std::chrono::seconds(5);
};

/// For metrics: each only ever grows.
struct WatchCounts {
  std::atomic<std::uint64_t> events_sent{0};    ///< to all subscribers together
  std::atomic<std::uint64_t> slow_ended{0};     ///< subscribers that were too slow
  std::atomic<std::uint64_t> refused{0};        ///< calls beyond `max_subscribers`
  std::atomic<std::uint64_t> read_failures{0};  ///< reads of the feed that the store failed
};

}  // namespace rtcroom
