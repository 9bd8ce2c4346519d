// Metrics of a node among those that share its store.
#pragma once

#include <chrono>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/store_replication.h"

namespace rtcroom {

/// @threads `Set` for one thread at a time.
class NodeMetrics {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit NodeMetrics(prometheus::Registry& registry);

  /// A node that is alone holds every duty, and is never cut off.
  /// @param log_age  as of `CommitFollower`.
  void Set(const NodeLease& node, std::chrono::milliseconds log_age);
  void SetReplication(const ReplicationState& state);

 private:
  prometheus::Gauge& nodes_;
  GaugeFamily& duties_;
  prometheus::Gauge& cut_off_;
  prometheus::Gauge& told_age_;
  prometheus::Gauge& clock_difference_;
  prometheus::Gauge& follower_age_;
  prometheus::Gauge& without_standby_;
  prometheus::Gauge& two_primaries_;
};

}  // namespace rtcroom
