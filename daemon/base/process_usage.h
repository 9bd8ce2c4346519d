// CPU time, cores, descriptors and memory of this process, as the kernel counts them.
#pragma once

#include <chrono>
#include <cstddef>

namespace rtcroom {

/// Each is 0 when it is not known.
struct ProcessUsage {
  std::chrono::microseconds cpu{0};  ///< of all threads since the start, user and system
  std::size_t cores = 0;             ///< that its threads may run on
  std::size_t descriptors = 0;       ///< that are open
  std::size_t resident_bytes = 0;
  std::size_t virtual_bytes = 0;
};

/// @threads safe from any thread.
/// @source getrusage(2), sched_getaffinity(2), proc(5).
ProcessUsage ReadProcessUsage();

}  // namespace rtcroom
