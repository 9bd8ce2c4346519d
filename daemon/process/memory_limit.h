// How much memory the process may use.
#pragma once

#include <cstdint>
#include <filesystem>

namespace rtcroom {

/// Where the system tells; tests have others.
struct MemorySources {
  std::filesystem::path own_cgroup = "/proc/self/cgroup";
  std::filesystem::path cgroups = "/sys/fs/cgroup";
  std::uint64_t physical = PhysicalMemory();

  /// Bytes of memory that the machine has.
  static std::uint64_t PhysicalMemory();
};

/// The least of what the machine has and what the process's cgroup (version 2) and those around it
/// allow, in bytes. What cannot be read does not count.
std::uint64_t MemoryLimit(const MemorySources& sources = {});

}  // namespace rtcroom
