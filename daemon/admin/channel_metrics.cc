#include "daemon/admin/channel_metrics.h"

#include "daemon/admin/families.h"

namespace rtcroom {

ChannelMetrics::ChannelMetrics(prometheus::Registry& registry)
    : instances_(AddGauge(registry, "rtcroomd_channel_instances",
                          "Logins of the message channel that are in memory.")),
      groups_(AddGauge(registry, "rtcroomd_channel_groups", "Groups that have members.")),
      polls_(AddGauge(registry, "rtcroomd_channel_polls", "Polls that wait.")),
      deliveries_(AddCounter(registry, "rtcroomd_channel_deliveries_total",
                             "Answered polls that carried something.")),
      redeliveries_(AddCounter(registry, "rtcroomd_channel_redeliveries_total",
                               "Answers that were lost and given again.")),
      kicked_(AddCounter(registry, "rtcroomd_channel_kicked_total",
                         "Logins that a newer one of their account has ended.")),
      dropped_(AddCounter(registry, "rtcroomd_channel_dropped_total",
                          "Entries that were dropped since too many waited for one login.")),
      gaps_(AddCounter(registry, "rtcroomd_channel_gaps_total",
                       "Receivers whose position was older than the messages that are kept.")),
      sockets_(AddGauge(registry, "rtcroomd_channel_sockets", "Open WebSockets.")),
      pushes_(AddCounter(registry, "rtcroomd_channel_pushes_total",
                         "Frames with events or messages to WebSockets.")),
      slow_readers_(AddCounter(registry, "rtcroomd_channel_slow_readers_total",
                               "WebSockets that were closed since they read too slowly.")) {}

void ChannelMetrics::Set(const ChannelStats& values) {
  instances_.Set(static_cast<double>(values.instances));
  groups_.Set(static_cast<double>(values.groups));
  polls_.Set(static_cast<double>(values.polls));
  RaiseTo(deliveries_, values.deliveries);
  RaiseTo(redeliveries_, values.redeliveries);
  RaiseTo(kicked_, values.kicked);
  RaiseTo(dropped_, values.dropped);
  RaiseTo(gaps_, values.gaps);
  sockets_.Set(static_cast<double>(values.sockets));
  RaiseTo(pushes_, values.pushes);
  RaiseTo(slow_readers_, values.slow_readers);
}

}  // namespace rtcroom
