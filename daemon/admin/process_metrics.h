// Kernel statistics of this process, under the standard names of Prometheus clients.
#pragma once

#include <optional>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "daemon/base/clock.h"

namespace rtcroom {

/// @threads `Refresh` for one thread at a time.
/// @source https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics, proc(5).
class ProcessMetrics {
 public:
  /// @param registry       gets the series; must outlive this object.
  /// @param process_start  nullopt when it is not known.
  ProcessMetrics(prometheus::Registry& registry, std::optional<TimePoint> process_start);

  /// Reads the values from the kernel. Unavailable ones keep their last value.
  void Refresh();

 private:
  prometheus::Counter& cpu_seconds_;
  prometheus::Gauge& start_time_;
  prometheus::Gauge& resident_bytes_;
  prometheus::Gauge& virtual_bytes_;
  prometheus::Gauge& open_descriptors_;
  prometheus::Gauge& max_descriptors_;
};

}  // namespace rtcroom
