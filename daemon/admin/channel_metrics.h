// Prometheus metrics of the message channel.
#pragma once

#include <cstdint>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace rtcroom {

/// The state of the message channel; the totals only grow.
struct ChannelStats {
  std::uint64_t instances = 0;  ///< logins in memory
  std::uint64_t groups = 0;     ///< with members
  std::uint64_t polls = 0;      ///< that wait
  std::uint64_t deliveries = 0;
  std::uint64_t redeliveries = 0;
  std::uint64_t kicked = 0;
  std::uint64_t dropped = 0;
  std::uint64_t gaps = 0;
  std::uint64_t sockets = 0;       ///< open
  std::uint64_t pushes = 0;        ///< frames with events or direct messages
  std::uint64_t slow_readers = 0;  ///< closed
};

/// @threads for one thread at a time.
class ChannelMetrics {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit ChannelMetrics(prometheus::Registry& registry);

  void Set(const ChannelStats& values);

 private:
  prometheus::Gauge& instances_;
  prometheus::Gauge& groups_;
  prometheus::Gauge& polls_;
  prometheus::Counter& deliveries_;
  prometheus::Counter& redeliveries_;
  prometheus::Counter& kicked_;
  prometheus::Counter& dropped_;
  prometheus::Counter& gaps_;
  prometheus::Gauge& sockets_;
  prometheus::Counter& pushes_;
  prometheus::Counter& slow_readers_;
};

}  // namespace rtcroom
