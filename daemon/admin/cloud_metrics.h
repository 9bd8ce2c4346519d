// Prometheus metrics of the live service in the cloud.
#pragma once

#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/media/cloud_streams.h"
#include "daemon/media/mix_queue.h"

namespace rtcroom {

/// @threads safe from any thread.
class CloudMetrics : public MixObserver, public StateObserver {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit CloudMetrics(prometheus::Registry& registry);

  void OnMix(MixOutcome outcome) override;
  void OnState(StreamState state) override;

 private:
  CounterFamily& mixes_;
  CounterFamily& states_;
};

}  // namespace rtcroom
