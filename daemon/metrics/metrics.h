// What the process counts about itself, for Prometheus.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"
#include "daemon/edge/connection_observer.h"
#include "daemon/edge/request_observer.h"
#include "daemon/metrics/im_metrics.h"

namespace rtcroom {

/// How the subscribers of events are doing; the totals only ever grow.
struct WatchFigures {
  std::uint64_t subscribers = 0;
  std::uint64_t events_sent = 0;
  std::uint64_t slow_ended = 0;
  std::uint64_t refused = 0;
  std::chrono::milliseconds lag{0};  ///< of the newest event that they are told of
};

/// What is asked for at each scrape instead of being counted along.
/// @threads called from the thread that scrapes; must not block.
struct MetricsSources {
  std::function<std::uint64_t(RoomKind)> rooms = {};
  std::function<std::uint64_t()> leases = {};
  std::function<std::uint64_t()> waiting_requests = {};
  std::function<std::uint64_t()> im_owed_groups = {};
  std::function<std::uint64_t()> im_lag = {};  ///< in events
  std::function<WatchFigures()> watch = {};
};

/// All names begin with `rtcroomd_`. The label sets are bounded, whatever clients send: the
/// endpoints are those of the route table, the codes those of the protocol.
///
/// @threads safe from any thread.
class Metrics : public RequestObserver, public ConnectionObserver {
 public:
  Metrics(const std::string& version, MetricsSources sources);

  void OnRequest(const RequestLabel& label, int http_status,
                 std::chrono::nanoseconds duration) override;

  void OnConnectionOpened() override;
  void OnConnectionClosed() override;
  void OnHandshake() override;
  void OnRefusal(RefusalCause cause) override;

  /// Pushers that the reaper removed for want of heartbeats.
  void CountEvictions(std::uint64_t evicted);

  /// How long ago the oldest lease fell due that the reaper has not handled; 0 when it is up
  /// to date.
  void SetReaperLag(std::chrono::milliseconds lag);

  /// What the bridge to the IM service tells.
  ImObserver& im_observer() { return im_; }

  /// Everything, in Prometheus' text format 0.0.4.
  std::string Text();

 private:
  struct RequestSeries {
    prometheus::Counter* count = nullptr;
    prometheus::Histogram* duration = nullptr;
  };
  /// Views of static storage (see RequestLabel).
  using RequestKey = std::tuple<std::string_view, std::optional<Dialect>, int>;

  void SetWatch(const WatchFigures& figures);
  RequestSeries SeriesOf(const RequestLabel& label) EXCLUDES(mutex_);

  const MetricsSources sources_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Family<prometheus::Gauge>& rooms_;
  prometheus::Gauge& leases_;
  prometheus::Gauge& waiting_requests_;
  prometheus::Counter& evictions_;
  prometheus::Gauge& reaper_lag_;
  prometheus::Gauge& connections_;
  prometheus::Counter& accepted_;
  prometheus::Counter& handshakes_;
  std::array<prometheus::Counter*, kRefusalCauses.size()> refusals_{};  ///< by cause
  prometheus::Counter* rate_limited_ = nullptr;                         ///< a cause of its own
  ImMetrics im_;
  prometheus::Gauge& im_owed_groups_;
  prometheus::Gauge& im_lag_;
  prometheus::Gauge& watchers_;
  prometheus::Counter& watch_events_;
  prometheus::Counter& watch_slow_;
  prometheus::Counter& watch_refused_;
  prometheus::Gauge& watch_lag_;
  Mutex mutex_;
  /// Saves the families' search by text, label by label, on each request.
  std::map<RequestKey, RequestSeries> series_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
