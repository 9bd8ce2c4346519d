// Prometheus metrics of streams and of the media server.
#pragma once

#include <chrono>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/media/media_poller.h"
#include "daemon/media/stream_table.h"
#include "daemon/recording/recording_index.h"
#include "handlers/callback_router.h"

namespace rtcroom {

/// @threads `Set` for one thread at a time, the rest from any thread.
class MediaMetrics : public MediaObserver, public CallbackObserver, public RecordedFileObserver {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit MediaMetrics(prometheus::Registry& registry);

  void Set(const StreamCounts& streams);

  void OnPoll(bool is_up, std::chrono::nanoseconds took) override;
  void OnDrop(StreamDropReason reason, bool is_dropped) override;
  void OnCallback(std::string_view call, std::string_view result) override;
  void OnRecording(std::string_view result) override;

 private:
  prometheus::Gauge* on_ = nullptr;  // set by the constructor
  prometheus::Gauge* off_ = nullptr;
  prometheus::Gauge& up_;
  HistogramFamily& polls_;
  CounterFamily& drops_;
  CounterFamily& callbacks_;
  CounterFamily& recordings_;
};

}  // namespace rtcroom
