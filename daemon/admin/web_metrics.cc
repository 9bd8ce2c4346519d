#include "daemon/admin/web_metrics.h"

namespace rtcroom {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

}  // namespace

WebMetrics::WebMetrics(prometheus::Registry& registry)
    : workers_(
          AddGauge(registry, "rtcroomd_web_workers", "Workers that have the media of browsers.")),
      descriptors_(AddGauge(registry, "rtcroomd_web_open_fds",
                            "Open file descriptors of these workers together.")),
      memory_bytes_(AddGauge(registry, "rtcroomd_web_resident_memory_bytes",
                             "Resident memory of these workers together.")),
      connects_(AddHistograms(registry, "rtcroomd_web_connect_seconds",
                              "Time from the offer of a browser until it is connected.")
                    .Add({}, Buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      losses_(AddHistograms(registry, "rtcroomd_web_loss_ratio",
                            "Share of lost packets of a session, as of each report.")
                  .Add({}, Buckets{0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5})) {
  GaugeFamily& sessions =
      AddGauges(registry, "rtcroomd_web_sessions", "Sessions of browsers, by direction.");
  publishing_ = &sessions.Add({{"direction", "publish"}});
  playing_ = &sessions.Add({{"direction", "play"}});
}

void WebMetrics::Set(const WebCounts& counts) {
  publishing_->Set(static_cast<double>(counts.publishing));
  playing_->Set(static_cast<double>(counts.playing));
  workers_.Set(static_cast<double>(counts.workers));
  descriptors_.Set(counts.usage.descriptors);
  memory_bytes_.Set(static_cast<double>(counts.usage.memory_bytes));
}

void WebMetrics::OnConnected(std::chrono::nanoseconds since_offer) {
  connects_.Observe(std::chrono::duration<double>(since_offer).count());
}

}  // namespace rtcroom
