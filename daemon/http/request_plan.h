// How the connection layer is to run a request, known from its path before it is parsed.
#pragma once

#include <cstdint>

namespace rtcroom {

/// On which threads a request runs.
enum class Lane : std::uint8_t {
  kInline,  ///< it waits for nothing: on the thread that read it
  kUrgent,  ///< on a worker, before all that is not urgent: refusing it would hurt others
  kWorker,  ///< on a worker: it may wait for a commit
};

struct RequestPlan {
  Lane lane = Lane::kWorker;
  /// Held back to the rates of its connection and its address instead of being refused (protocol
  /// F.9).
  bool paced = false;
};

}  // namespace rtcroom
