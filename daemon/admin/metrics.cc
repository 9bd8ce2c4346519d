#include "daemon/admin/metrics.h"

#include <utility>

#include <prometheus/text_serializer.h>

#include "daemon/admin/families.h"
#include "daemon/auth/admission.h"

namespace rtcroom {
namespace {

/// The buckets are in seconds; the middle ones cover waits for a commit to reach the disk.
const prometheus::Histogram::BucketBoundaries& DurationBuckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
  return buckets;
}

constexpr std::pair<LoginOutcome, const char*> kRefusals[] = {
    {LoginOutcome::kMissingParameter, "incomplete"},
    {LoginOutcome::kMalformed, "malformed"},
    {LoginOutcome::kWrongApp, "application"},
    {LoginOutcome::kWrongUser, "user"},
    {LoginOutcome::kExpired, "expired"},
    {LoginOutcome::kBadSignature, "signature"},
};

}  // namespace

Metrics::Metrics(const std::string& version, const Clock& clock,
                 std::optional<TimePoint> process_start, MetricsSources sources)
    : sources_(std::move(sources)),
      requests_(AddCounters(registry_, "rtcroomd_requests_total",
                            "Requests by endpoint, dialect and protocol code.")),
      durations_(AddHistograms(registry_, "rtcroomd_request_duration_seconds",
                               "Time from when a request's turn came to its reply, the wait for a "
                               "worker included, by endpoint.")),
      failures_(AddCounters(registry_, "rtcroomd_request_failures_total",
                            "Requests that failed, by the reason within the server.")),
      ready_(AddGauge(registry_, "rtcroomd_ready",
                      "1 while the store takes writes and the server is not draining.")),
      rooms_(AddGauges(registry_, "rtcroomd_rooms", "Rooms by kind.")),
      members_(AddGauges(registry_, "rtcroomd_members", "Pushers and audiences by kind.")),
      created_(AddCounters(registry_, "rtcroomd_rooms_created_total", "Rooms made, by kind.")),
      ended_(AddCounters(registry_, "rtcroomd_rooms_ended_total", "Rooms that ended, by kind.")),
      evictions_(AddCounters(registry_, "rtcroomd_evictions_total",
                             "Pushers (heartbeat_timeout, stream_interrupted, kicked) and rooms "
                             "(idle, dismissed) that "
                             "the server ended, by reason.")),
      rooms_limit_(AddGauge(registry_, "rtcroomd_rooms_limit", "Most rooms (room.max_rooms).")),
      leases_(AddGauge(registry_, "rtcroomd_leases", "Pushers that are held to their heartbeats.")),
      sessions_(AddGauge(registry_, "rtcroomd_sessions", "Users that hold a token.")),
      sessions_limit_(
          AddGauge(registry_, "rtcroomd_sessions_limit", "Most tokens (auth.max_tokens).")),
      waiting_requests_(AddGauge(registry_, "rtcroomd_waiting_requests",
                                 "Requests for which no worker is free.")),
      reaper_lag_(AddGauge(registry_, "rtcroomd_reaper_lag_seconds",
                           "Age of the oldest lapsed lease that is not yet handled.")),
      stalls_(AddCounter(registry_, "rtcroomd_stalls_total",
                         "Stalls of the process, after which pushers got a full lease.")),
      trimmed_events_(AddCounter(registry_, "rtcroomd_events_trimmed_total",
                                 "Events removed from the history for their age or number.")),
      events_limit_(
          AddGauge(registry_, "rtcroomd_events_limit", "Most events (store.max_events).")),
      free_bytes_(AddGauge(registry_, "rtcroomd_data_directory_free_bytes",
                           "Space left for the store's files.")),
      store_log_bytes_(AddGauge(registry_, "rtcroomd_store_log_bytes",
                                "Size of the write-ahead log of a store in SQLite.")),
      connections_(registry_),
      connections_limit_(AddGauge(registry_, "rtcroomd_connections_limit",
                                  "Most connections of clients (server.max_connections).")),
      certificate_expiry_(AddGauges(registry_, "rtcroomd_tls_certificate_expiry_timestamp_seconds",
                                    "When the certificate ends, by listener, since 1970.")),
      store_(registry_, clock),
      process_(registry_, process_start),
      counted_(registry_, tallies_),
      im_pending_groups_(AddGauge(registry_, "rtcroomd_im_pending_groups",
                                  "Groups for which a delivery is pending.")),
      im_lag_(AddGauge(registry_, "rtcroomd_im_lag_events",
                       "Events from the oldest with a pending delivery to the newest.")),
      channel_(registry_),
      media_(registry_),
      node_(registry_),
      watchers_(AddGauge(registry_, "rtcroomd_watchers", "Subscribers of events.")),
      watch_events_(AddCounter(registry_, "rtcroomd_watch_events_total",
                               "Events sent to all subscribers together.")),
      watch_slow_(AddCounter(registry_, "rtcroomd_watch_slow_total",
                             "Subscribers that were ended for being too slow.")),
      watch_refused_(AddCounter(registry_, "rtcroomd_watch_refused_total",
                                "Subscribers that were one too many.")),
      watch_lag_(AddGauge(registry_, "rtcroomd_watch_lag_seconds",
                          "Age of the oldest event not yet sent to subscribers.")),
      log_lines_dropped_(AddCounters(registry_, "rtcroomd_log_lines_dropped_total",
                                     "Lines that did not reach the log, by level: its reader was "
                                     "too slow, or has gone.")),
      refused_logins_(AddCounters(registry_, "rtcroomd_logins_refused_total",
                                  "Logins with a ticket that was not accepted, by cause.")) {
  AddGauges(registry_, "rtcroomd_build_info", "Always 1; the label is the version.")
      .Add({{"version", version}})
      .Set(1);
}

void Metrics::OnRequest(const RequestLabel& label, int /*http_status*/,
                        std::optional<std::chrono::nanoseconds> duration) {
  const RequestSeries series = SeriesOf(label);
  series.count->Increment();
  if (duration) series.duration->Observe(std::chrono::duration<double>(*duration).count());
  if (series.failures != nullptr) series.failures->Increment();
  if (label.failure == Errc::kTooManyRequests) {
    if (label.failure_detail == kTooManyTickets) {
      connections_.CountSigningLimited();
    } else {
      connections_.CountRateLimited();
    }
  }
}

void Metrics::SetLimits(const MetricsLimits& limits) {
  connections_limit_.Set(static_cast<double>(limits.connections));
  rooms_limit_.Set(static_cast<double>(limits.rooms));
  sessions_limit_.Set(static_cast<double>(limits.sessions));
  events_limit_.Set(static_cast<double>(limits.events));
}

void Metrics::SetCertificateExpiry(const std::string& listener, TimePoint not_after) {
  const std::chrono::duration<double> since_epoch = not_after.time_since_epoch();
  certificate_expiry_.Add({{"listener", listener}}).Set(since_epoch.count());
}

void Metrics::CountTrimmed(std::uint64_t removed) {
  trimmed_events_.Increment(static_cast<double>(removed));
}

void Metrics::CountStall() { stalls_.Increment(); }

void Metrics::SetReaperLag(std::chrono::milliseconds lag) {
  reaper_lag_.Set(std::chrono::duration<double>(lag).count());
}

void Metrics::SetWatch(const WatchStats& values) {
  watchers_.Set(static_cast<double>(values.subscribers));
  watch_lag_.Set(std::chrono::duration<double>(values.lag).count());
  RaiseTo(watch_events_, values.events_sent);
  RaiseTo(watch_slow_, values.slow_ended);
  RaiseTo(watch_refused_, values.refused);
}

void Metrics::SetRooms() {
  const RoomCounts values = sources_.room_counts();
  for (const RoomKind kind : kAllRoomKinds) {
    const std::string name(RoomKindName(kind));
    const std::size_t index = RoomKindIndex(kind);
    rooms_.Add({{"kind", name}}).Set(static_cast<double>(sources_.rooms(kind)));
    members_.Add({{"kind", name}, {"role", "pusher"}})
        .Set(static_cast<double>(values.pushers.at(index)));
    if (kind == RoomKind::kLive) {
      members_.Add({{"kind", name}, {"role", "audience"}})
          .Set(static_cast<double>(values.audiences.at(index)));
    }
    RaiseTo(created_.Add({{"kind", name}}), values.created.at(index));
    RaiseTo(ended_.Add({{"kind", name}}), values.ended.at(index));
  }
  const Evictions& evictions = values.evictions;
  RaiseTo(evictions_.Add({{"reason", "heartbeat_timeout"}}), evictions.heartbeat_timeout);
  RaiseTo(evictions_.Add({{"reason", "stream_interrupted"}}), evictions.stream_interrupted);
  RaiseTo(evictions_.Add({{"reason", "kicked"}}), evictions.kicked);
  RaiseTo(evictions_.Add({{"reason", "idle"}}), evictions.idle);
  RaiseTo(evictions_.Add({{"reason", "dismissed"}}), evictions.dismissed);
}

void Metrics::SetLogLinesDropped() {
  if (!sources_.log_lines_dropped) return;
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    RaiseTo(log_lines_dropped_.Add({{"level", std::string(LogLevelName(level))}}),
            sources_.log_lines_dropped(level));
  }
}

void Metrics::SetRefusedLogins() {
  if (!sources_.refused_logins) return;
  for (const auto& [outcome, cause] : kRefusals) {
    RaiseTo(refused_logins_.Add({{"cause", cause}}), sources_.refused_logins(outcome));
  }
}

std::string Metrics::Text() {
  // One scrape at a time: raising a counter to a total reads it before writing it.
  const MutexLock scraping(scrape_mutex_);
  if (sources_.watch) SetWatch(sources_.watch());
  if (sources_.channel) channel_.Set(sources_.channel());
  if (sources_.streams) media_.Set(sources_.streams());
  if (sources_.mixes) media_.Set(sources_.mixes());
  if (sources_.web) media_.Set(sources_.web());
  if (sources_.trtc_pending) media_.SetTrtcPending(sources_.trtc_pending());
  if (sources_.recording_space) media_.SetRecordingSpace(sources_.recording_space());
  counted_.Set();
  connections_.Set();
  if (sources_.im_backlog) {
    const ImBacklog backlog = sources_.im_backlog();
    im_pending_groups_.Set(static_cast<double>(backlog.groups));
    im_lag_.Set(static_cast<double>(backlog.lag));
  }
  SetRooms();
  SetLogLinesDropped();
  SetRefusedLogins();
  if (sources_.node) node_.Set(sources_.node(), sources_.log_age());
  if (sources_.replication) node_.SetReplication(sources_.replication());
  process_.Refresh();
  ready_.Set(sources_.ready() ? 1 : 0);
  leases_.Set(static_cast<double>(sources_.leases()));
  sessions_.Set(static_cast<double>(sources_.sessions()));
  free_bytes_.Set(static_cast<double>(sources_.free_bytes()));
  store_log_bytes_.Set(static_cast<double>(sources_.store_log_bytes()));
  waiting_requests_.Set(static_cast<double>(sources_.waiting_requests()));
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

ServerTotals Metrics::Totals() {
  const ConnectionTotals connections = connections_.Totals();
  ServerTotals totals{
      .evictions = sources_.room_counts().evictions.heartbeat_timeout,
      .connections = connections.accepted,
      .handshakes = connections.handshakes,
      .refusals = connections.refusals,
      .reaper_lag = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::duration<double>(reaper_lag_.Value())),
  };
  const MutexLock lock(mutex_);
  for (const auto& [key, series] : series_) {
    const auto requests = static_cast<std::uint64_t>(series.count->Value());
    totals.requests += requests;
    if (std::get<int>(key) != 0) totals.failures += requests;
  }
  return totals;
}

Metrics::RequestSeries Metrics::SeriesOf(const RequestLabel& label) {
  const RequestKey key{label.endpoint, label.dialect, label.code, label.failure};
  const MutexLock lock(mutex_);
  const auto known = series_.find(key);
  if (known != series_.end()) return known->second;

  const std::string endpoint(label.endpoint);
  const std::string dialect(label.dialect ? DialectName(*label.dialect) : "none");
  const RequestSeries added{
      .count = &requests_.Add(
          {{"endpoint", endpoint}, {"dialect", dialect}, {"code", std::to_string(label.code)}}),
      .duration = &durations_.Add({{"endpoint", endpoint}}, DurationBuckets()),
      .failures = label.failure
                      ? &failures_.Add({{"failure", std::string(ErrcName(*label.failure))}})
                      : nullptr,
  };
  series_.emplace(key, added);
  return added;
}

}  // namespace rtcroom
