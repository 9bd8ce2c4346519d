#include "daemon/admin/connection_metrics.h"

#include <atomic>
#include <cstddef>

namespace rtcroom {
namespace {

std::uint64_t CountOf(const prometheus::Counter& counter) {
  return static_cast<std::uint64_t>(counter.Value());
}

}  // namespace

ConnectionMetrics::ConnectionMetrics(prometheus::Registry& registry)
    : open_(AddGauges(registry, "rtcroomd_connections", "Open connections, by listener.")),
      accepted_(AddCounters(registry, "rtcroomd_connections_total",
                            "Accepted connections, by listener.")),
      handshakes_(AddCounters(registry, "rtcroomd_tls_handshakes_total",
                              "TLS connections made, by listener.")),
      refusals_(AddCounters(registry, "rtcroomd_refusals_total",
                            "Connections and requests refused or delayed, by listener and cause.")),
      rate_limited_(refusals_.Add({{"cause", "rate_limit"}})),
      signing_limited_(refusals_.Add({{"cause", "signing_rate"}})) {}

ConnectionCounts& ConnectionMetrics::Of(std::string_view listener) {
  const MutexLock lock(mutex_);
  return listeners_[std::string(listener)];
}

void ConnectionMetrics::Set() {
  const MutexLock lock(mutex_);
  for (const auto& [name, counts] : listeners_) {
    const prometheus::Labels listener{{"listener", name}};
    const std::uint64_t closed = counts.closed;  // read before those that were opened
    const std::uint64_t opened = counts.opened;
    open_.Add(listener).Set(static_cast<double>(opened - closed));
    RaiseTo(accepted_.Add(listener), opened);
    RaiseTo(handshakes_.Add(listener), counts.handshakes);
    for (const auto& [cause, cause_name] : kRefusalCauses) {
      RaiseTo(refusals_.Add({{"listener", name}, {"cause", std::string(cause_name)}}),
              counts.refusals.at(static_cast<std::size_t>(cause)));
    }
  }
}

ConnectionTotals ConnectionMetrics::Totals() const {
  ConnectionTotals totals{.refusals = CountOf(rate_limited_) + CountOf(signing_limited_)};
  const MutexLock lock(mutex_);
  for (const auto& [name, counts] : listeners_) {
    totals.accepted += counts.opened;
    totals.handshakes += counts.handshakes;
    for (const std::atomic<std::uint64_t>& refused : counts.refusals) totals.refusals += refused;
  }
  return totals;
}

}  // namespace rtcroom
