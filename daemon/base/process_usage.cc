#include "daemon/base/process_usage.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rtcroom {
namespace {

std::chrono::microseconds TimeOf(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::size_t OpenDescriptors() {
  // From Linux 6.2 on the size of the directory is the number of entries; counting them would take
  // milliseconds with ten thousand connections.
  struct stat directory = {};
  if (stat("/proc/self/fd", &directory) == 0 && directory.st_size > 0) {
    return static_cast<std::size_t>(directory.st_size);
  }
  std::error_code failed;
  const std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  if (failed) return 0;
  const auto count = static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  return count - 1;  // without the one that reads them
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  ProcessUsage usage{.descriptors = OpenDescriptors()};
  rusage times{};
  if (getrusage(RUSAGE_SELF, &times) == 0) {
    usage.cpu = TimeOf(times.ru_utime) + TimeOf(times.ru_stime);
  }
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) {
    usage.cores = static_cast<std::size_t>(CPU_COUNT(&cores));
  }
  std::ifstream memory("/proc/self/statm");
  std::size_t virtual_pages = 0;
  std::size_t resident_pages = 0;
  if (memory >> virtual_pages >> resident_pages) {
    const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    usage.virtual_bytes = virtual_pages * page_bytes;
    usage.resident_bytes = resident_pages * page_bytes;
  }
  return usage;
}

}  // namespace rtcroom
