// What a server does, as counted from inside it; both processes map the same file.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace rtcroom {

/// The file that the server counts into, of at least the size of `Counters`, zeroed.
inline constexpr const char* kCountersVariable = "RTCROOM_COUNTERS";

enum Counter : std::uint8_t {
  kSteps,           ///< calls of sqlite3_step
  kPrepares,        ///< statements compiled
  kReprepares,      ///< statements compiled again by a step
  kAllocations,     ///< calls of operator new
  kAllocatedBytes,  ///< what they asked for
  kSystemCalls,     ///< on files and sockets; neither waiting for locks nor memory nor the clock
  kMovedBytes,      ///< between the process and the kernel by those
  kCounters,
};

using Counters = std::array<std::atomic<std::uint64_t>, kCounters>;

}  // namespace rtcroom
