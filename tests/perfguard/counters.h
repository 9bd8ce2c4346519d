// Counters of a server's work, incremented inside the server; both processes map the same file.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace rtcroom {

/// Environment variable with the path of the counter file: zeroed, at least `sizeof(Counters)`
/// bytes.
inline constexpr const char* kCountersVariable = "RTCROOM_COUNTERS";

enum Counter : std::uint8_t {
  kSteps,           ///< calls of sqlite3_step
  kPrepares,        ///< statements compiled
  kReprepares,      ///< statements recompiled by a step
  kAllocations,     ///< calls of operator new
  kAllocatedBytes,  ///< bytes requested by those calls
  kSystemCalls,     ///< on files and sockets; not for waits, wake-ups, memory or the clock
  kMovedBytes,      ///< between the process and the kernel by those
  kCounters,
};

using Counters = std::array<std::atomic<std::uint64_t>, kCounters>;

}  // namespace rtcroom
