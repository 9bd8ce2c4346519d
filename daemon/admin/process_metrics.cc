#include "daemon/admin/process_metrics.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/admin/families.h"

namespace rtcroom {
namespace {

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<double> OpenDescriptors() {
  // From Linux 6.2 on the size of the directory is the number of entries; counting them would take
  // milliseconds with ten thousand connections.
  struct stat directory = {};
  if (stat("/proc/self/fd", &directory) == 0 && directory.st_size > 0) {
    return static_cast<double>(directory.st_size);
  }
  std::error_code failed;
  const std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  if (failed) return std::nullopt;
  return static_cast<double>(std::distance(begin(entries), end(entries)));
}

}  // namespace

ProcessMetrics::ProcessMetrics(prometheus::Registry& registry,
                               std::optional<TimePoint> process_start)
    : cpu_seconds_(prometheus::BuildCounter()
                       .Name("process_cpu_seconds_total")
                       .Help("User and system CPU time spent, in seconds.")
                       .Register(registry)
                       .Add({})),
      start_time_(AddGauge(registry, "process_start_time_seconds",
                           "Start of the process, in seconds since 1970.")),
      resident_bytes_(AddGauge(registry, "process_resident_memory_bytes", "Resident memory.")),
      virtual_bytes_(AddGauge(registry, "process_virtual_memory_bytes", "Virtual memory.")),
      open_descriptors_(AddGauge(registry, "process_open_fds", "Open file descriptors.")),
      max_descriptors_(AddGauge(registry, "process_max_fds", "Most file descriptors.")) {
  if (process_start) {
    const std::chrono::duration<double> since_epoch = process_start->time_since_epoch();
    start_time_.Set(since_epoch.count());
  }
}

void ProcessMetrics::Refresh() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const double total = SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime);
    cpu_seconds_.Increment(total - cpu_seconds_.Value());
  }
  std::ifstream memory("/proc/self/statm");
  double virtual_pages = 0;
  double resident_pages = 0;
  if (memory >> virtual_pages >> resident_pages) {
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    virtual_bytes_.Set(virtual_pages * page_bytes);
    resident_bytes_.Set(resident_pages * page_bytes);
  }
  if (const std::optional<double> open = OpenDescriptors()) open_descriptors_.Set(*open);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    max_descriptors_.Set(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace rtcroom
