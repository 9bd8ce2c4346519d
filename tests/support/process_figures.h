// What a running process uses, as /proc tells it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <sys/types.h>

namespace rtcroom {

/// @source proc(5), smaps_rollup. Memory of the kernel, such as socket buffers, is not in it.
struct MemoryFigures {
  std::size_t resident_bytes = 0;
  std::size_t proportional_bytes = 0;  ///< pages that several processes share, divided among them
  std::size_t private_bytes = 0;
};

/// All of these throw std::runtime_error when there is no such process.
MemoryFigures MemoryOf(pid_t process);

/// User and system time of all its threads so far, in steps of the kernel's clock tick (10 ms).
std::chrono::milliseconds CpuTimeOf(pid_t process);

/// How many descriptors it has open.
std::size_t OpenDescriptorsOf(pid_t process);

/// Lets this process open as many descriptors as the system allows it (its hard limit).
/// @return that limit.
std::size_t RaiseDescriptorLimit();

/// As above. Empty when this process, and the server that it starts, may each hold that many
/// connections; else why not.
std::string WhyNotSoMany(std::size_t connections);

}  // namespace rtcroom
