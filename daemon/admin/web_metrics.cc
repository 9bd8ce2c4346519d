#include "daemon/admin/web_metrics.h"

#include <cstddef>
#include <string>

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
      opened_(AddCounters(registry, "rtcroomd_web_opened_total",
                          "Offers of browsers, by direction and result.")),
      ended_(AddCounters(registry, "rtcroomd_web_ended_total",
                         "Sessions of browsers that have ended, by reason.")),
      connects_(AddHistograms(registry, "rtcroomd_web_connect_seconds",
                              "Time from the offer of a browser until it is connected.")
                    .Add({}, Buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      key_requests_(AddCounter(registry, "rtcroomd_web_key_requests_total",
                               "Key frames that were asked of browsers and by them.")),
      losses_(AddHistograms(registry, "rtcroomd_web_loss_ratio",
                            "Share of lost packets of a session, as of each report.")
                  .Add({}, Buckets{0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5})),
      without_pictures_(AddCounter(registry, "rtcroomd_web_without_pictures_total",
                                   "Sessions that went on without pictures, which have B-frames "
                                   "and were not encoded anew.")) {
  GaugeFamily& sessions =
      AddGauges(registry, "rtcroomd_web_sessions", "Sessions of browsers, by direction.");
  publishing_ = &sessions.Add({{"direction", "publish"}});
  playing_ = &sessions.Add({{"direction", "play"}});
  // A rate needs the series from before its first event.
  for (std::size_t outcome = 0; outcome < kWebOpenOutcomes; ++outcome) {
    for (const WebDirection direction : {WebDirection::kPublish, WebDirection::kPlay}) {
      Opened(direction, static_cast<WebOpenOutcome>(outcome));
    }
  }
  for (std::size_t reason = 0; reason < kWebEndReasons; ++reason) {
    Ended(static_cast<WebEndReason>(reason));
  }
}

void WebMetrics::Set(const WebCounts& counts) {
  publishing_->Set(static_cast<double>(counts.publishing));
  playing_->Set(static_cast<double>(counts.playing));
  workers_.Set(static_cast<double>(counts.workers));
  descriptors_.Set(counts.usage.descriptors);
  memory_bytes_.Set(static_cast<double>(counts.usage.memory_bytes));
}

void WebMetrics::OnWebOffer(WebDirection direction, WebOpenOutcome outcome) {
  Opened(direction, outcome).Increment();
}

void WebMetrics::OnWebConnected(std::chrono::nanoseconds since_offer) {
  connects_.Observe(std::chrono::duration<double>(since_offer).count());
}

void WebMetrics::OnWebEnded(WebEndReason reason) { Ended(reason).Increment(); }

void WebMetrics::OnWebFigures(double loss, std::uint32_t new_key_requests) {
  losses_.Observe(loss);
  if (new_key_requests > 0) key_requests_.Increment(new_key_requests);
}

prometheus::Counter& WebMetrics::Opened(WebDirection direction, WebOpenOutcome outcome) {
  return opened_.Add({{"direction", std::string(WebDirectionName(direction))},
                      {"result", std::string(WebOpenOutcomeName(outcome))}});
}

prometheus::Counter& WebMetrics::Ended(WebEndReason reason) {
  return ended_.Add({{"reason", std::string(WebEndReasonName(reason))}});
}

}  // namespace rtcroom
