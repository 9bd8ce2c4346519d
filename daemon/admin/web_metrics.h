// Prometheus metrics of the sessions of browsers.
#pragma once

#include <chrono>

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/core/web_sessions.h"

namespace rtcroom {

/// @threads `Set` for one thread at a time, the rest from any thread.
class WebMetrics {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit WebMetrics(prometheus::Registry& registry);

  void Set(const WebCounts& counts);

  void OnConnected(std::chrono::nanoseconds since_offer);
  void OnLoss(double ratio) { losses_.Observe(ratio); }

 private:
  prometheus::Gauge* publishing_ = nullptr;  // set by the constructor
  prometheus::Gauge* playing_ = nullptr;
  prometheus::Gauge& workers_;
  prometheus::Gauge& descriptors_;
  prometheus::Gauge& memory_bytes_;
  prometheus::Histogram& connects_;
  prometheus::Histogram& losses_;
};

}  // namespace rtcroom
