// Prometheus metrics of the listeners' connections.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "daemon/admin/families.h"
#include "daemon/base/mutex.h"
#include "daemon/http/connection_observer.h"

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

  /// The observer for `listener`; it lives as long as this object.
  /// @param listener  a name defined by the server: becomes a label.
  ConnectionObserver& Of(std::string_view listener) EXCLUDES(mutex_);

  /// Counts a rate-limited request, on any listener.
  void CountRateLimited() { rate_limited_.Increment(); }
  /// Counts a rate-limited request for a ticket, on any listener.
  void CountSigningLimited() { signing_limited_.Increment(); }

  [[nodiscard]] ConnectionTotals Totals() const EXCLUDES(mutex_);

 private:
  class Listener : public ConnectionObserver {
   public:
    Listener(ConnectionMetrics& all, const std::string& name);

    void OnConnectionOpened() override;
    void OnConnectionClosed() override;
    void OnHandshake() override;
    void OnRefusal(RefusalCause cause) override;

    void AddTo(ConnectionTotals& totals) const;

   private:
    prometheus::Gauge& open_;
    prometheus::Counter& accepted_;
    prometheus::Counter& handshakes_;
    std::array<prometheus::Counter*, kRefusalCauses.size()> refusals_{};  ///< by cause
  };

  GaugeFamily& open_;
  CounterFamily& accepted_;
  CounterFamily& handshakes_;
  CounterFamily& refusals_;
  prometheus::Counter& rate_limited_;     ///< a cause without a listener
  prometheus::Counter& signing_limited_;  ///< likewise
  mutable Mutex mutex_;
  std::map<std::string, Listener, std::less<>> listeners_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
