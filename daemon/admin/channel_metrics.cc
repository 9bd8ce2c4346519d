#include "daemon/admin/channel_metrics.h"

#include <cstddef>
#include <string>

#include "daemon/admin/families.h"

namespace rtcroom {
namespace {

/// The buckets are in seconds. Beyond the rate of deliveries a group's polls are answered once a
/// second.
const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return buckets;
}

}  // namespace

ChannelMetrics::ChannelMetrics(prometheus::Registry& registry)
    : groups_(AddGauge(registry, "rtcroomd_channel_groups", "Groups that have members.")),
      redeliveries_(AddCounter(registry, "rtcroomd_channel_redeliveries_total",
                               "Answers that were lost and given again.")),
      kicked_(AddCounter(registry, "rtcroomd_channel_kicked_total",
                         "Logins that a newer one of their account has ended.")),
      dropped_(AddCounter(registry, "rtcroomd_channel_dropped_total",
                          "Entries that were dropped since too many waited for one login.")),
      gaps_(AddCounter(registry, "rtcroomd_channel_gaps_total",
                       "Receivers whose position was older than the messages that are kept.")),
      sockets_(AddGauge(registry, "rtcroomd_channel_sockets", "Open WebSockets.")),
      slow_readers_(AddCounter(registry, "rtcroomd_channel_slow_readers_total",
                               "WebSockets that were closed since they read too slowly.")) {
  GaugeFamily& instances =
      AddGauges(registry, "rtcroomd_channel_instances",
                "Logins of the message channel that are in memory, by kind of client.");
  for (const ClientKind client : kAllClientKinds) {
    instances_.at(static_cast<std::size_t>(client)) =
        &instances.Add({{"client", std::string(ClientKindName(client))}});
  }
  GaugeFamily& polls = AddGauges(registry, "rtcroomd_channel_polls", "Polls that wait, by kind.");
  account_polls_ = &polls.Add({{"kind", "account"}});
  room_polls_ = &polls.Add({{"kind", "room"}});
  CounterFamily& messages = AddCounters(registry, "rtcroomd_channel_messages_total",
                                        "Messages of members that were stored, by kind.");
  room_messages_ = &messages.Add({{"kind", "room"}});
  direct_messages_ = &messages.Add({{"kind", "direct"}});
  CounterFamily& guarded = AddCounters(registry, "rtcroomd_channel_guarded_total",
                                       "Messages that would stop old clients, by outcome.");
  mended_ = &guarded.Add({{"outcome", "mended"}});
  refused_ = &guarded.Add({{"outcome", "refused"}});
  CounterFamily& deliveries = AddCounters(registry, "rtcroomd_channel_deliveries_total",
                                          "Answers and pushes that carried something, by path.");
  HistogramFamily& latencies =
      AddHistograms(registry, "rtcroomd_channel_delivery_duration_seconds",
                    "Time from a message or a change to the answer of a poll that waited for it, "
                    "or to its push, by path.");
  for (const DeliveryPath path : kAllDeliveryPaths) {
    const auto index = static_cast<std::size_t>(path);
    const std::string name(DeliveryPathName(path));
    deliveries_.at(index) = &deliveries.Add({{"path", name}});
    latencies_.at(index) = &latencies.Add({{"path", name}}, LatencyBuckets());
  }
}

void ChannelMetrics::Set(const ChannelStats& values) {
  const auto& [sizes, received, sent, sockets, slow_readers] = values;
  for (std::size_t client = 0; client < instances_.size(); ++client) {
    instances_.at(client)->Set(static_cast<double>(sizes.by_client.at(client)));
  }
  groups_.Set(static_cast<double>(sizes.groups));
  account_polls_->Set(static_cast<double>(sizes.account_polls));
  room_polls_->Set(static_cast<double>(sizes.polls - sizes.account_polls));
  RaiseTo(*room_messages_, sent.room);
  RaiseTo(*direct_messages_, sent.direct);
  RaiseTo(*mended_, sent.mended);
  RaiseTo(*refused_, sent.refused);
  for (std::size_t path = 0; path < kDeliveryPathCount; ++path) {
    RaiseTo(*deliveries_.at(path), received.deliveries.at(path));
  }
  RaiseTo(redeliveries_, received.redeliveries);
  RaiseTo(kicked_, received.kicked);
  RaiseTo(dropped_, received.dropped);
  RaiseTo(gaps_, received.gaps);
  sockets_.Set(static_cast<double>(sockets));
  RaiseTo(slow_readers_, slow_readers);
}

void ChannelMetrics::OnDelivered(DeliveryPath path, std::chrono::milliseconds latency) {
  latencies_.at(static_cast<std::size_t>(path))
      ->Observe(std::chrono::duration<double>(latency).count());
}

}  // namespace rtcroom
