// Prometheus metrics of the sessions of browsers.
#pragma once

#include <chrono>
#include <cstdint>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/core/web_sessions.h"

namespace rtcroom {

/// @threads `Set` for one thread at a time, the rest from any thread.
class WebMetrics : public WebObserver {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit WebMetrics(prometheus::Registry& registry);

  void Set(const WebCounts& counts);

  void OnWebOffer(WebDirection direction, WebOpenOutcome outcome) override;
  void OnWebConnected(std::chrono::nanoseconds since_offer) override;
  void OnWebEnded(WebEndReason reason) override;
  void OnWebFigures(double loss, std::uint32_t new_key_requests) override;
  void OnWebWithoutPictures() override { without_pictures_.Increment(); }

 private:
  /// The series; made by the first call.
  prometheus::Counter& Opened(WebDirection direction, WebOpenOutcome outcome);
  prometheus::Counter& Ended(WebEndReason reason);

  prometheus::Gauge* publishing_ = nullptr;  // set by the constructor
  prometheus::Gauge* playing_ = nullptr;
  prometheus::Gauge& workers_;
  prometheus::Gauge& descriptors_;
  prometheus::Gauge& memory_bytes_;
  CounterFamily& opened_;
  CounterFamily& ended_;
  prometheus::Histogram& connects_;
  prometheus::Counter& key_requests_;
  prometheus::Histogram& losses_;
  prometheus::Counter& without_pictures_;
};

}  // namespace rtcroom
