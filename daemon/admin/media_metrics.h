// Prometheus metrics of streams, of the media server and of browsers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/core/mix_feed.h"
#include "daemon/core/web_sessions.h"
#include "daemon/media/stream_table.h"

namespace rtcroom {

/// Totals of mixes of this moment.
struct MixStats {
  MixFeed::Counts mixes{};
  std::size_t followers = 0;  ///< programs that make them
};

/// @threads `Set` for one thread at a time, the rest from any thread.
class MediaMetrics {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit MediaMetrics(prometheus::Registry& registry);

  void Set(const StreamCounts& streams);
  void Set(const MixStats& mixing);
  void Set(const WebCounts& browsers);
  void SetTrtcPending(std::uint64_t calls);
  /// @param bytes  nullopt: nothing is recorded.
  void SetRecordingSpace(std::optional<std::uint64_t> bytes);

  void OnPoll(bool is_up, std::chrono::nanoseconds took);
  /// The connection of a browser is up.
  void OnConnected(std::chrono::nanoseconds since_offer);
  /// @param ratio  of the packets of a browser's session, 0 to 1.
  void OnLoss(double ratio) { losses_.Observe(ratio); }

 private:
  prometheus::Gauge* on_ = nullptr;  // set by the constructor
  prometheus::Gauge* off_ = nullptr;
  prometheus::Gauge* wanted_mixes_ = nullptr;
  prometheus::Gauge* refused_mixes_ = nullptr;
  prometheus::Gauge* publishing_ = nullptr;
  prometheus::Gauge* playing_ = nullptr;
  prometheus::Gauge& mix_followers_;
  prometheus::Gauge& up_;
  HistogramFamily& polls_;
  prometheus::Gauge& trtc_pending_;
  GaugeFamily& recording_space_;  ///< without a series while nothing is recorded
  prometheus::Gauge& workers_;
  prometheus::Gauge& descriptors_;
  prometheus::Gauge& memory_bytes_;
  prometheus::Histogram& connects_;
  prometheus::Histogram& losses_;
};

}  // namespace rtcroom
