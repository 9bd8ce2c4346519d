#include "daemon/process/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include <unistd.h>

namespace rtcroom {
namespace {

/// The process's cgroup relative to the root; empty without cgroup version 2.
std::filesystem::path OwnCgroup(const std::filesystem::path& file) {
  std::ifstream lines(file);
  constexpr std::string_view kVersion2 = "0::/";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kVersion2)) return line.substr(kVersion2.size());
  }
  return {};
}

/// `max`, like an unreadable file, means no limit.
std::uint64_t LimitOf(const std::filesystem::path& cgroup) {
  std::uint64_t limit = 0;
  std::ifstream file(cgroup / "memory.max");
  return file >> limit ? limit : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

std::uint64_t MemorySources::PhysicalMemory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
}

std::uint64_t MemoryLimit(const MemorySources& sources) {
  // In a container the visible root has a limit, too.
  std::filesystem::path cgroup = sources.cgroups;
  std::uint64_t limit = std::min(sources.physical, LimitOf(cgroup));
  for (const std::filesystem::path& part : OwnCgroup(sources.own_cgroup)) {
    cgroup /= part;
    limit = std::min(limit, LimitOf(cgroup));
  }
  return limit;
}

}  // namespace rtcroom
