// Prometheus metrics of the listeners' connections.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "daemon/admin/families.h"
#include "daemon/base/mutex.h"
#include "daemon/http/connection_counts.h"

namespace rtcroom {

/// The totals since the start, of all listeners together.
struct ConnectionTotals {
  std::uint64_t accepted = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t refusals = 0;
};

/// Each listener has its own series, to separate admin connections and failures from those of
/// clients.
///
/// @threads safe from any thread.
class ConnectionMetrics {
 public:
  /// @param registry  gets the series; must outlive this object.
  explicit ConnectionMetrics(prometheus::Registry& registry);

  /// @param listener  a name defined by the server: becomes a label.
  /// @return its counters, which live as long as this object.
  ConnectionCounts& Of(std::string_view listener) EXCLUDES(mutex_);

  /// Sets the series to what has been counted; for one thread at a time.
  void Set() EXCLUDES(mutex_);

  /// Counts a rate-limited request, on any listener.
  void CountRateLimited() { rate_limited_.Increment(); }
  /// Counts a rate-limited request for a ticket, on any listener.
  void CountSigningLimited() { signing_limited_.Increment(); }

  [[nodiscard]] ConnectionTotals Totals() const EXCLUDES(mutex_);

 private:
  GaugeFamily& open_;
  CounterFamily& accepted_;
  CounterFamily& handshakes_;
  CounterFamily& refusals_;
  prometheus::Counter& rate_limited_;     ///< a cause without a listener
  prometheus::Counter& signing_limited_;  ///< likewise
  mutable Mutex mutex_;
  std::map<std::string, ConnectionCounts, std::less<>> listeners_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
