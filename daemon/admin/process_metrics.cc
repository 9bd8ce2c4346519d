#include "daemon/admin/process_metrics.h"

#include <chrono>
#include <cstddef>
#include <optional>

#include <sys/resource.h>

#include "daemon/admin/families.h"
#include "daemon/base/process_usage.h"

namespace rtcroom {

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
  const ProcessUsage usage = ReadProcessUsage();
  const double seconds = std::chrono::duration<double>(usage.cpu).count();
  cpu_seconds_.Increment(seconds - cpu_seconds_.Value());
  // Without a free descriptor the kernel cannot be asked: just then an alert needs the last value.
  const auto set = [](prometheus::Gauge& gauge, std::size_t value) {
    if (value > 0) gauge.Set(static_cast<double>(value));
  };
  set(resident_bytes_, usage.resident_bytes);
  set(virtual_bytes_, usage.virtual_bytes);
  set(open_descriptors_, usage.descriptors);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    max_descriptors_.Set(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace rtcroom
