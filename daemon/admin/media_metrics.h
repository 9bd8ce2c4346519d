// Prometheus metrics of streams and of the media server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/core/mix_feed.h"
#include "daemon/media/media_poller.h"
#include "daemon/media/recording_index.h"
#include "daemon/media/stream_table.h"
#include "daemon/media/trtc_sender.h"
#include "handlers/callbacks/callback_handler.h"

namespace rtcroom {

/// Totals of mixes of this moment.
struct MixStats {
  MixFeed::Counts mixes{};
  std::size_t followers = 0;  ///< programs that make them
};

/// @threads `Set` for one thread at a time, the rest from any thread.
class MediaMetrics : public MediaObserver,
                     public CallbackObserver,
                     public TrtcObserver,
                     public RecordedFileObserver {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit MediaMetrics(prometheus::Registry& registry);

  void Set(const StreamCounts& streams);
  void Set(const MixStats& mixing);
  void SetTrtcPending(std::uint64_t calls);

  void OnPoll(bool is_up, std::chrono::nanoseconds took) override;
  void OnDrop(StreamDropReason reason, bool is_dropped) override;
  void OnCallback(std::string_view call, std::string_view result) override;
  void OnTrtcCall(std::string_view action, std::string_view result) override;
  void OnRecording(std::string_view result) override;
  void OnFreeSpace(std::uint64_t bytes) override;

 private:
  prometheus::Gauge* on_ = nullptr;  // set by the constructor
  prometheus::Gauge* off_ = nullptr;
  prometheus::Gauge* wanted_mixes_ = nullptr;
  prometheus::Gauge* refused_mixes_ = nullptr;
  prometheus::Gauge& mix_followers_;
  prometheus::Gauge& up_;
  HistogramFamily& polls_;
  CounterFamily& drops_;
  CounterFamily& callbacks_;
  CounterFamily& trtc_calls_;
  prometheus::Gauge& trtc_pending_;
  CounterFamily& recordings_;
  GaugeFamily& recording_space_;  ///< without a series while nothing is recorded
};

}  // namespace rtcroom
