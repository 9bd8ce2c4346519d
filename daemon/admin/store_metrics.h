// Prometheus metrics of the store's writer.
#pragma once

#include <atomic>
#include <chrono>

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/base/clock.h"
#include "daemon/core/store_observer.h"

namespace rtcroom {

/// Adds two clock reads and two short locks to a commit.
///
/// @threads safe from any thread.
class StoreMetrics : public StoreObserver {
 public:
  /// Both must outlive this object; the registry gets the series.
  StoreMetrics(prometheus::Registry& registry, const Clock& clock);

  void OnCommitBegun() noexcept override;
  void OnCommitEnded(const CommitStats& stats) noexcept override;
  void OnTurn(std::chrono::microseconds waited) noexcept override;
  void OnHeard(std::chrono::microseconds lag) noexcept override;

 private:
  const Clock& clock_;
  std::atomic<MonotonicTime> begun_at_{};
  prometheus::Histogram& group_size_;
  prometheus::Histogram& duration_;
  prometheus::Gauge& retained_events_;
  prometheus::Histogram& turn_wait_;
  prometheus::Histogram& follower_lag_;
};

}  // namespace rtcroom
