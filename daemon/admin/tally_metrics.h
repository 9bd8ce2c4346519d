// Prometheus metrics of what the parts of the server count themselves.
#pragma once

#include <vector>

#include <prometheus/registry.h>

#include "daemon/admin/families.h"
#include "daemon/base/tally.h"
#include "daemon/core/store_observer.h"
#include "daemon/core/web_sessions.h"
#include "daemon/im/im_figures.h"

namespace rtcroom {

/// Each part is given the one that it counts in.
struct Tallies {
  ImTallies im{};
  Tally callbacks{};      ///< as of `IgnoredCallbacks`
  Tally media_drops{};    ///< as of `MediaPollerDeps`
  Tally recordings{};     ///< as of `RecordingDeps`
  Tally mix_requests{};   ///< as of `MixQueue`
  Tally stream_states{};  ///< as of `CloudStreamsDeps`
  Tally trtc_calls{};     ///< as of `TrtcSenderDeps`
  WebTallies web{};
  StoreTallies store{};
};

/// @threads `Set` for one thread at a time.
class TallyMetrics {
 public:
  /// @param registry  gets the series.
  /// @param tallies   both outlive this object.
  TallyMetrics(prometheus::Registry& registry, Tallies& tallies);

  /// Raises the series to what has been counted.
  void Set();

 private:
  struct Row {
    const Tally& tally;
    CounterFamily& family;
    const char* first = "";  ///< names of the labels
    const char* second = "";
  };

  std::vector<Row> rows_;
};

}  // namespace rtcroom
