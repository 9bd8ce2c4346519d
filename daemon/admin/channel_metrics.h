// Prometheus metrics of the message channel.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "daemon/channel/channel_figures.h"

namespace rtcroom {

/// The state of the message channel; the totals only grow.
struct ChannelStats {
  ChannelSizes sizes{};
  ChannelCounts received{};
  SentCounts sent{};
  std::uint64_t sockets = 0;       ///< open
  std::uint64_t slow_readers = 0;  ///< sockets that were closed
};

/// @threads `Set` for one thread at a time; `OnDelivered` from any thread.
class ChannelMetrics : public DeliveryObserver {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit ChannelMetrics(prometheus::Registry& registry);

  void Set(const ChannelStats& values);

  void OnDelivered(DeliveryPath path, std::chrono::milliseconds latency) override;

 private:
  prometheus::Gauge& groups_;
  std::array<prometheus::Gauge*, kAllClientKinds.size()> instances_{};
  prometheus::Gauge* account_polls_ = nullptr;  // set by the constructor, like all pointers
  prometheus::Gauge* room_polls_ = nullptr;
  prometheus::Counter* room_messages_ = nullptr;
  prometheus::Counter* direct_messages_ = nullptr;
  prometheus::Counter* mended_ = nullptr;
  prometheus::Counter* refused_ = nullptr;
  std::array<prometheus::Counter*, kDeliveryPathCount> deliveries_{};
  std::array<prometheus::Histogram*, kDeliveryPathCount> latencies_{};
  prometheus::Counter& redeliveries_;
  prometheus::Counter& kicked_;
  prometheus::Counter& dropped_;
  prometheus::Counter& gaps_;
  prometheus::Gauge& sockets_;
  prometheus::Counter& slow_readers_;
};

}  // namespace rtcroom
