#include "daemon/admin/node_metrics.h"

#include <chrono>
#include <string>

namespace rtcroom {

NodeMetrics::NodeMetrics(prometheus::Registry& registry)
    : nodes_(AddGauge(registry, "rtcroomd_nodes",
                      "Servers that use the store, as this one knows them.")),
      duties_(AddGauges(registry, "rtcroomd_duty",
                        "1 where this server does that work for all that use the store.")),
      cut_off_(AddGauge(registry, "rtcroomd_node_cut_off_seconds",
                        "How long this server has refused requests for want of its database.")),
      told_age_(
          AddGauge(registry, "rtcroomd_node_told_age_seconds",
                   "Age of the newest time up to which all servers on the store have reported "
                   "their heartbeats. Only silence before that time leads to an eviction.")),
      clock_difference_(AddGauge(registry, "rtcroomd_clock_difference_seconds",
                                 "Clock of this server minus that of its database.")),
      follower_age_(AddGauge(registry, "rtcroomd_store_follower_age_seconds",
                             "How long ago it is until when this server has heard of all writes "
                             "to the store.")),
      without_standby_(
          AddGauge(registry, "rtcroomd_store_without_standby",
                   "1 while the database of the store has no synchronous standby that answers.")),
      two_primaries_(
          AddGauge(registry, "rtcroomd_store_two_primaries",
                   "1 while two machines of the database take writes, or one that another has "
                   "replaced.")) {}

void NodeMetrics::Set(const NodeLease& node, std::chrono::milliseconds log_age) {
  nodes_.Set(static_cast<double>(node.nodes()));
  for (const Duty duty : kAllDuties) {
    duties_.Add({{"duty", std::string(DutyName(duty))}}).Set(node.Holds(duty) ? 1 : 0);
  }
  cut_off_.Set(std::chrono::duration<double>(node.CutOffFor()).count());
  told_age_.Set(std::chrono::duration<double>(node.ToldAgo()).count());
  clock_difference_.Set(std::chrono::duration<double>(node.ClockAhead()).count());
  follower_age_.Set(std::chrono::duration<double>(log_age).count());
}

void NodeMetrics::SetReplication(const ReplicationState& state) {
  without_standby_.Set(state.lacks_standby ? 1 : 0);
  two_primaries_.Set(state.has_two_primaries ? 1 : 0);
}

}  // namespace rtcroom
