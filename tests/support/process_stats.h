// Resource usage of a running process, from /proc.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include <sys/types.h>

namespace rtcroom {

/// @source proc(5), smaps_rollup. Excludes kernel memory such as socket buffers.
struct MemoryUsage {
  std::size_t resident_bytes = 0;
  std::size_t proportional_bytes = 0;  ///< pages shared by several processes are divided among them
  std::size_t private_bytes = 0;
};

/// These functions throw std::runtime_error when the process does not exist.
MemoryUsage MemoryOf(pid_t process);

/// Repeats `round`, at most ten times, until the process keeps less than 512 KiB of new memory
/// after it: a leak takes more in every round, whereas an allocator's reserves stop to grow.
/// @return false when it never did.
bool StopsGrowing(pid_t process, const std::function<void()>& round);

/// User and system time of all its threads so far, in units of the kernel's clock tick (10 ms).
std::chrono::milliseconds CpuTimeOf(pid_t process);

/// Likewise, with all children that its first thread has and had.
std::chrono::milliseconds CpuTimeWithChildren(pid_t process);

/// Number of open descriptors.
std::size_t OpenDescriptorsOf(pid_t process);

/// Raises the descriptor limit of this process to the system's maximum (its hard limit).
/// @return that limit.
std::size_t RaiseLimitOfDescriptors();

/// As above. Empty when this process and a server started by it may each have that many
/// connections; otherwise the reason.
std::string ConnectionLimitProblem(std::size_t connections);

}  // namespace rtcroom
