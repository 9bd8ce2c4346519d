// What the kernel says of this process, under the names that Prometheus' clients agree on.
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
  /// @param registry       gets the series, and outlives this.
  /// @param process_start  nothing when it is not known.
  ProcessMetrics(prometheus::Registry& registry, std::optional<TimePoint> process_start);

  /// Asks the kernel. What it does not tell stays as it was.
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
