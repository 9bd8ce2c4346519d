// The memory limit of the process.
#pragma once

#include <cstdint>
#include <filesystem>

namespace rtcroom {

/// The places where the limits are read; tests use others.
struct MemorySources {
  std::filesystem::path own_cgroup = "/proc/self/cgroup";
  std::filesystem::path cgroups = "/sys/fs/cgroup";
  std::uint64_t physical = PhysicalMemory();

  /// Bytes of physical memory.
  static std::uint64_t PhysicalMemory();
};

/// The minimum, in bytes, of the physical memory and the limits of the process's cgroup (version 2)
/// and its ancestors. Unreadable limits are ignored.
std::uint64_t MemoryLimit(const MemorySources& sources = {});

}  // namespace rtcroom
