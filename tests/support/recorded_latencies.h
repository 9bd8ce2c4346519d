// An observer of the message channel that keeps the latencies.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/channel/channel_figures.h"

namespace rtcroom {

/// @threads safe from any thread.
class RecordedLatencies : public DeliveryObserver {
 public:
  void OnDelivered(DeliveryPath path, std::chrono::milliseconds latency) override {
    const MutexLock lock(mutex_);
    by_path_.at(static_cast<std::size_t>(path)).push_back(latency);
  }
  [[nodiscard]] std::vector<std::chrono::milliseconds> Of(DeliveryPath path) const {
    const MutexLock lock(mutex_);
    return by_path_.at(static_cast<std::size_t>(path));
  }

 private:
  mutable Mutex mutex_;
  std::array<std::vector<std::chrono::milliseconds>, kDeliveryPathCount> by_path_
      GUARDED_BY(mutex_);
};

}  // namespace rtcroom
