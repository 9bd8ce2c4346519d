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
                        "How long this server has refused requests for want of its database.")) {}

void NodeMetrics::Set(const NodeLease& node) {
  nodes_.Set(static_cast<double>(node.nodes()));
  for (const Duty duty : kAllDuties) {
    duties_.Add({{"duty", std::string(DutyName(duty))}}).Set(node.Holds(duty) ? 1 : 0);
  }
  cut_off_.Set(std::chrono::duration<double>(node.CutOffFor()).count());
}

}  // namespace rtcroom
