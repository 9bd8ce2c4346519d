// How the connection layer runs a request, determined from its path before its body is parsed.
#pragma once

#include <cstdint>

namespace rtcroom {

/// The thread that a request runs on.
enum class Lane : std::uint8_t {
  kInline,  ///< the thread that read it: it never blocks
  kUrgent,  ///< a worker, before all non-urgent requests: refusing it would affect other clients
  kWorker,  ///< a worker: it may wait for a commit
};

struct RequestPlan {
  Lane lane = Lane::kWorker;
  /// Delayed to the rates of its connection and its address instead of refused (protocol F.9).
  bool paced = false;
};

}  // namespace rtcroom
