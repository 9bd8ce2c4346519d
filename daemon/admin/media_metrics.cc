#include "daemon/admin/media_metrics.h"

namespace rtcroom {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets& PollBuckets() {
  static const Buckets buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};
  return buckets;
}

}  // namespace

MediaMetrics::MediaMetrics(prometheus::Registry& registry)
    : mix_followers_(AddGauge(registry, "rtcroomd_mix_followers",
                              "Programs that follow the wanted mixes, to make them.")),
      up_(AddGauge(registry, "rtcroomd_media_server_up",
                   "Whether the media server answered the last question for its streams.")),
      polls_(AddHistograms(registry, "rtcroomd_media_poll_seconds",
                           "Time until the media server answered such a question.")),
      trtc_pending_(AddGauge(registry, "rtcroomd_trtc_pending_calls",
                             "Calls to the TRTC service that are still to be made.")),
      recording_space_(AddGauges(registry, "rtcroomd_recording_free_bytes",
                                 "Space left for recordings, as of the last scan.")),
      workers_(
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
  GaugeFamily& streams =
      AddGauges(registry, "rtcroomd_streams", "Streams of the media server, by state.");
  on_ = &streams.Add({{"state", "on"}});
  off_ = &streams.Add({{"state", "off"}});
  GaugeFamily& mixes =
      AddGauges(registry, "rtcroomd_mixes", "Mixes that live rooms want, by state.");
  wanted_mixes_ = &mixes.Add({{"state", "wanted"}});
  refused_mixes_ = &mixes.Add({{"state", "refused"}});
  GaugeFamily& sessions =
      AddGauges(registry, "rtcroomd_web_sessions", "Sessions of browsers, by direction.");
  publishing_ = &sessions.Add({{"direction", "publish"}});
  playing_ = &sessions.Add({{"direction", "play"}});
}

void MediaMetrics::Set(const StreamCounts& streams) {
  on_->Set(static_cast<double>(streams.on));
  off_->Set(static_cast<double>(streams.off));
}

void MediaMetrics::Set(const MixStats& mixing) {
  wanted_mixes_->Set(static_cast<double>(mixing.mixes.wanted));
  refused_mixes_->Set(static_cast<double>(mixing.mixes.refused));
  mix_followers_.Set(static_cast<double>(mixing.followers));
}

void MediaMetrics::Set(const WebCounts& browsers) {
  publishing_->Set(static_cast<double>(browsers.publishing));
  playing_->Set(static_cast<double>(browsers.playing));
  workers_.Set(static_cast<double>(browsers.workers));
  descriptors_.Set(browsers.usage.descriptors);
  memory_bytes_.Set(static_cast<double>(browsers.usage.memory_bytes));
}

void MediaMetrics::OnPoll(bool is_up, std::chrono::nanoseconds took) {
  up_.Set(is_up ? 1 : 0);
  polls_.Add({}, PollBuckets()).Observe(std::chrono::duration<double>(took).count());
}

void MediaMetrics::OnConnected(std::chrono::nanoseconds since_offer) {
  connects_.Observe(std::chrono::duration<double>(since_offer).count());
}

void MediaMetrics::SetTrtcPending(std::uint64_t calls) {
  trtc_pending_.Set(static_cast<double>(calls));
}

void MediaMetrics::SetRecordingSpace(std::optional<std::uint64_t> bytes) {
  if (bytes) recording_space_.Add({}).Set(static_cast<double>(*bytes));
}

}  // namespace rtcroom
