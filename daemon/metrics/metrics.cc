#include "daemon/metrics/metrics.h"

#include <utility>

#include <prometheus/text_serializer.h>

namespace rtcroom {
namespace {

/// Seconds; the middle is where a change waits for its commit to be on disk.
const prometheus::Histogram::BucketBoundaries& DurationBuckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
  return buckets;
}

prometheus::Counter& AddCounter(prometheus::Registry& registry, const char* name,
                                const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& AddGauge(prometheus::Registry& registry, const char* name, const char* help,
                            const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

/// For what somebody else counts.
void RaiseTo(prometheus::Counter& counter, std::uint64_t total) {
  counter.Increment(static_cast<double>(total) - counter.Value());
}

}  // namespace

Metrics::Metrics(const std::string& version, MetricsSources sources)
    : sources_(std::move(sources)),
      requests_(prometheus::BuildCounter()
                    .Name("rtcroomd_requests_total")
                    .Help("Requests by endpoint, dialect and protocol code.")
                    .Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("rtcroomd_request_duration_seconds")
                     .Help("Time from a whole request to its reply, by endpoint.")
                     .Register(registry_)),
      rooms_(prometheus::BuildGauge()
                 .Name("rtcroomd_rooms")
                 .Help("Rooms by kind.")
                 .Register(registry_)),
      leases_(AddGauge(registry_, "rtcroomd_leases", "Pushers that are held to their heartbeats.")),
      waiting_requests_(AddGauge(registry_, "rtcroomd_waiting_requests",
                                 "Requests for which no worker is free.")),
      evictions_(AddCounter(registry_, "rtcroomd_evictions_total",
                            "Pushers removed because their heartbeats ended.")),
      reaper_lag_(AddGauge(registry_, "rtcroomd_reaper_lag_seconds",
                           "Age of the oldest lapsed lease that is not yet handled.")),
      connections_(AddGauge(registry_, "rtcroomd_connections", "Open connections.")),
      accepted_(AddCounter(registry_, "rtcroomd_connections_total", "Accepted connections.")),
      handshakes_(AddCounter(registry_, "rtcroomd_tls_handshakes_total", "TLS connections made.")),
      im_(registry_),
      im_owed_groups_(
          AddGauge(registry_, "rtcroomd_im_owed_groups", "Groups that a call is owed to.")),
      im_lag_(AddGauge(registry_, "rtcroomd_im_lag_events",
                       "Events between the newest and the oldest that a call is owed for.")),
      watchers_(AddGauge(registry_, "rtcroomd_watchers", "Subscribers of events.")),
      watch_events_(AddCounter(registry_, "rtcroomd_watch_events_total",
                               "Events sent to all subscribers together.")),
      watch_slow_(AddCounter(registry_, "rtcroomd_watch_slow_total",
                             "Subscribers that were ended for being too slow.")),
      watch_refused_(AddCounter(registry_, "rtcroomd_watch_refused_total",
                                "Subscribers that were one too many.")),
      watch_lag_(AddGauge(registry_, "rtcroomd_watch_lag_seconds",
                          "Age of the oldest event that subscribers have not been told of.")) {
  prometheus::Family<prometheus::Counter>& refusals =
      prometheus::BuildCounter()
          .Name("rtcroomd_refusals_total")
          .Help("Connections and requests turned away or held back, by cause.")
          .Register(registry_);
  for (const RefusalCauseName& row : kRefusalCauses) {
    refusals_.at(static_cast<std::size_t>(row.cause)) =
        &refusals.Add({{"cause", std::string(row.name)}});
  }
  rate_limited_ = &refusals.Add({{"cause", "rate_limit"}});
  AddGauge(registry_, "rtcroomd_build_info", "Always 1; the label tells what runs.",
           {{"version", version}})
      .Set(1);
}

void Metrics::OnRequest(const RequestLabel& label, int /*http_status*/,
                        std::chrono::nanoseconds duration) {
  const RequestSeries series = SeriesOf(label);
  series.count->Increment();
  series.duration->Observe(std::chrono::duration<double>(duration).count());
  if (label.failure == Errc::kTooManyRequests) rate_limited_->Increment();
}

void Metrics::OnConnectionOpened() {
  accepted_.Increment();
  connections_.Increment();
}

void Metrics::OnConnectionClosed() { connections_.Decrement(); }

void Metrics::OnHandshake() { handshakes_.Increment(); }

void Metrics::OnRefusal(RefusalCause cause) {
  refusals_.at(static_cast<std::size_t>(cause))->Increment();
}

void Metrics::CountEvictions(std::uint64_t evicted) {
  evictions_.Increment(static_cast<double>(evicted));
}

void Metrics::SetReaperLag(std::chrono::milliseconds lag) {
  reaper_lag_.Set(std::chrono::duration<double>(lag).count());
}

void Metrics::SetWatch(const WatchFigures& figures) {
  watchers_.Set(static_cast<double>(figures.subscribers));
  watch_lag_.Set(std::chrono::duration<double>(figures.lag).count());
  RaiseTo(watch_events_, figures.events_sent);
  RaiseTo(watch_slow_, figures.slow_ended);
  RaiseTo(watch_refused_, figures.refused);
}

std::string Metrics::Text() {
  if (sources_.watch) SetWatch(sources_.watch());
  if (sources_.im_owed_groups) {
    im_owed_groups_.Set(static_cast<double>(sources_.im_owed_groups()));
  }
  if (sources_.im_lag) im_lag_.Set(static_cast<double>(sources_.im_lag()));
  for (const RoomKind kind : kAllRoomKinds) {
    rooms_.Add({{"kind", std::string(RoomKindName(kind))}})
        .Set(static_cast<double>(sources_.rooms(kind)));
  }
  leases_.Set(static_cast<double>(sources_.leases()));
  waiting_requests_.Set(static_cast<double>(sources_.waiting_requests()));
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

Metrics::RequestSeries Metrics::SeriesOf(const RequestLabel& label) {
  const RequestKey key{label.endpoint, label.dialect, label.code};
  const MutexLock lock(mutex_);
  const auto known = series_.find(key);
  if (known != series_.end()) return known->second;

  const std::string endpoint(label.endpoint);
  const std::string dialect(label.dialect ? DialectName(*label.dialect) : "none");
  const RequestSeries added{
      .count = &requests_.Add(
          {{"endpoint", endpoint}, {"dialect", dialect}, {"code", std::to_string(label.code)}}),
      .duration = &durations_.Add({{"endpoint", endpoint}}, DurationBuckets()),
  };
  series_.emplace(key, added);
  return added;
}

}  // namespace rtcroom
