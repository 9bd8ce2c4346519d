// Prometheus metrics of the sender to the IM service.
#pragma once

#include <array>
#include <cstddef>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "daemon/im/im_observer.h"

namespace rtcroom {

/// @threads safe from any thread.
class ImMetrics : public ImObserver {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit ImMetrics(prometheus::Registry& registry);

  void OnImCall(GroupCommand command, ImOutcome outcome) override;
  void OnImRetry(GroupCommand command) override;
  void OnImDropped(GroupCommand command) override;

 private:
  using ByCommand = std::array<prometheus::Counter*, kGroupCommandCount>;

  std::array<std::array<prometheus::Counter*, kImOutcomeCount>, kGroupCommandCount> calls_{};
  ByCommand retries_{};
  ByCommand dropped_{};
};

}  // namespace rtcroom
