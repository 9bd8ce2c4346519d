// How long a node may answer heartbeats without having reached the others.
#pragma once

#include <atomic>
#include <chrono>

#include "daemon/base/boot_clock.h"

namespace rtcroom {

/// A node's right to be counted on. It lasts for `ttl` from the moment at which the last successful
/// `Cluster::Renew` began. The others give the node up later than that, so that there is no moment
/// at which it acknowledges a heartbeat that nobody will ever know of.
///
/// @threads safe from any thread; takes no lock.
class NodeLease {
 public:
  static constexpr std::chrono::milliseconds kTtl{6000};

  explicit NodeLease(const BootClock& clock, std::chrono::milliseconds ttl = kTtl)
      : clock_(clock), ttl_(ttl) {}

  /// To be read before a renewal begins.
  [[nodiscard]] BootTime Now() const { return clock_.SinceBoot(); }

  /// @param began  when the renewal that succeeded now began.
  void Renew(BootTime began) { until_ = (began + ttl_).count(); }

  /// At once.
  void End() { until_ = 0; }

  /// Nobody may count on this node: it answers heartbeats, reads and writes with 503. So it is
  /// before the first renewal.
  [[nodiscard]] bool IsCutOff() const { return clock_.SinceBoot().count() >= until_.load(); }

  [[nodiscard]] std::chrono::milliseconds ttl() const { return ttl_; }

 private:
  const BootClock& clock_;
  const std::chrono::milliseconds ttl_;
  std::atomic<BootTime::rep> until_{0};
};

}  // namespace rtcroom
