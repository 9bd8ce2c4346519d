// Prometheus metrics of the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/admin/channel_metrics.h"
#include "daemon/admin/connection_metrics.h"
#include "daemon/admin/families.h"
#include "daemon/admin/media_metrics.h"
#include "daemon/admin/node_metrics.h"
#include "daemon/admin/process_metrics.h"
#include "daemon/admin/room_counters.h"
#include "daemon/admin/store_metrics.h"
#include "daemon/admin/tally_metrics.h"
#include "daemon/auth/sessions.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"
#include "daemon/http/connection_counts.h"
#include "handlers/shared/request_observer.h"

namespace rtcroom {

/// The state of event subscriptions; the totals only grow.
struct WatchStats {
  std::uint64_t subscribers = 0;
  std::uint64_t events_sent = 0;
  std::uint64_t slow_ended = 0;
  std::uint64_t refused = 0;
  std::chrono::milliseconds lag{0};  ///< of the newest event delivered
};

/// Values read at each scrape, instead of being counted incrementally.
/// @threads called from the scraping thread; must not block, nor take longer with more rooms.
struct MetricsSources {
  std::function<std::uint64_t(RoomKind)> rooms = {};
  std::function<RoomCounts()> room_counts = {};
  std::function<std::uint64_t()> leases = {};
  std::function<std::uint64_t()> sessions = {};
  std::function<std::uint64_t(LoginOutcome)> refused_logins = {};
  std::function<bool()> ready = {};
  std::function<std::uint64_t()> free_bytes = {};  ///< on the file system of the store
  std::function<std::uint64_t()> store_log_bytes = {};
  std::function<std::uint64_t()> waiting_requests = {};
  std::function<ImBacklog()> im_backlog = {};
  std::function<WatchStats()> watch = {};
  std::function<ChannelStats()> channel = {};
  std::function<StreamCounts()> streams = {};
  std::function<MixStats()> mixes = {};
  std::function<WebCounts()> web = {};
  std::function<std::uint64_t()> trtc_pending = {};
  std::function<std::optional<std::uint64_t>()> recording_space = {};  ///< nullopt: no recordings
  std::function<std::uint64_t(LogLevel)> log_lines_dropped = {};
  std::function<const NodeLease&()> node = {};
  std::function<std::chrono::milliseconds()> log_age = {};  ///< as of `CommitFollower`
  std::function<const ReplicationState&()> replication = {};
};

/// Counts since the start, over all endpoints and causes.
struct ServerTotals {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;   ///< requests whose code was not 0
  std::uint64_t evictions = 0;  ///< for lack of heartbeats
  std::uint64_t connections = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t refusals = 0;
  std::chrono::milliseconds reaper_lag{0};  ///< as of now
};

/// Upper limits of values that are also counted.
struct MetricsLimits {
  std::uint64_t connections = 0;
  std::uint64_t rooms = 0;
  std::uint64_t sessions = 0;
  std::uint64_t events = 0;
};

/// All names begin with `rtcroomd_`, except those of the process. The label sets are bounded,
/// whatever clients send: endpoints come from the route table, codes from the protocol.
///
/// @threads safe from any thread.
class Metrics : public RequestObserver {
 public:
  /// @param clock          must outlive this object.
  /// @param process_start  nullopt when it is not known.
  Metrics(const std::string& version, const Clock& clock, std::optional<TimePoint> process_start,
          MetricsSources sources);

  void OnRequest(const RequestLabel& label, int http_status,
                 std::optional<std::chrono::nanoseconds> duration) override;

  /// The counters of that listener's connections.
  /// @param listener  "http", "https" or "admin".
  ConnectionCounts& ConnectionsOf(std::string_view listener) { return connections_.Of(listener); }

  void SetLimits(const MetricsLimits& limits);

  /// @param listener  "https" or "grpc".
  void SetCertificateExpiry(const std::string& listener, TimePoint not_after);

  /// Events that were removed from the history.
  void CountTrimmed(std::uint64_t removed);

  /// The process was stalled, and its pushers got a full lease again.
  void CountStall();

  /// How long ago the oldest unhandled lease expired; 0 when the reaper is up to date.
  void SetReaperLag(std::chrono::milliseconds lag);

  /// The observer of the store.
  StoreObserver& store_observer() { return store_; }

  /// The counters that the parts of the server are given.
  Tallies& tallies() { return tallies_; }

  /// The observer of the message channel.
  DeliveryObserver& delivery_observer() { return channel_; }

  /// The metrics of the media server and of browsers.
  MediaMetrics& media() { return media_; }

  ServerTotals Totals() EXCLUDES(mutex_);

  /// All metrics, in Prometheus' text format 0.0.4.
  std::string Text() EXCLUDES(scrape_mutex_);

 private:
  struct RequestSeries {
    prometheus::Counter* count = nullptr;
    prometheus::Histogram* duration = nullptr;
    prometheus::Counter* failures = nullptr;  ///< null for a request that did not fail
  };
  /// Views of static storage (see RequestLabel).
  using RequestKey = std::tuple<std::string_view, std::optional<Dialect>, int, std::optional<Errc>>;

  void SetRooms();
  void SetLogLinesDropped();
  void SetRefusedLogins();
  void SetWatch(const WatchStats& values);
  RequestSeries SeriesOf(const RequestLabel& label) EXCLUDES(mutex_);

  const MetricsSources sources_;
  prometheus::Registry registry_;
  CounterFamily& requests_;
  HistogramFamily& durations_;
  CounterFamily& failures_;
  prometheus::Gauge& ready_;
  GaugeFamily& rooms_;
  GaugeFamily& members_;
  CounterFamily& created_;
  CounterFamily& ended_;
  CounterFamily& evictions_;
  prometheus::Gauge& rooms_limit_;
  prometheus::Gauge& leases_;
  prometheus::Gauge& sessions_;
  prometheus::Gauge& sessions_limit_;
  prometheus::Gauge& waiting_requests_;
  prometheus::Gauge& reaper_lag_;
  prometheus::Counter& stalls_;
  prometheus::Counter& trimmed_events_;
  prometheus::Gauge& events_limit_;
  prometheus::Gauge& free_bytes_;
  prometheus::Gauge& store_log_bytes_;
  ConnectionMetrics connections_;
  prometheus::Gauge& connections_limit_;
  GaugeFamily& certificate_expiry_;
  StoreMetrics store_;
  ProcessMetrics process_;
  Tallies tallies_{};
  TallyMetrics counted_;
  prometheus::Gauge& im_pending_groups_;
  prometheus::Gauge& im_lag_;
  ChannelMetrics channel_;
  MediaMetrics media_;
  NodeMetrics node_;
  prometheus::Gauge& watchers_;
  prometheus::Counter& watch_events_;
  prometheus::Counter& watch_slow_;
  prometheus::Counter& watch_refused_;
  prometheus::Gauge& watch_lag_;
  CounterFamily& log_lines_dropped_;
  CounterFamily& refused_logins_;
  Mutex scrape_mutex_;
  Mutex mutex_;
  /// Avoids the lookup of families by text, label by label, on each request.
  std::map<RequestKey, RequestSeries> series_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
