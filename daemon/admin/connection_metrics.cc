#include "daemon/admin/connection_metrics.h"

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

ConnectionObserver& ConnectionMetrics::Of(std::string_view listener) {
  const MutexLock lock(mutex_);
  const auto known = listeners_.find(listener);
  if (known != listeners_.end()) return known->second;
  const std::string name(listener);
  return listeners_.try_emplace(name, *this, name).first->second;
}

ConnectionTotals ConnectionMetrics::Totals() const {
  ConnectionTotals totals{.refusals = CountOf(rate_limited_) + CountOf(signing_limited_)};
  const MutexLock lock(mutex_);
  for (const auto& [name, listener] : listeners_) listener.AddTo(totals);
  return totals;
}

ConnectionMetrics::Listener::Listener(ConnectionMetrics& all, const std::string& name)
    : open_(all.open_.Add({{"listener", name}})),
      accepted_(all.accepted_.Add({{"listener", name}})),
      handshakes_(all.handshakes_.Add({{"listener", name}})) {
  for (const RefusalCauseName& row : kRefusalCauses) {
    refusals_.at(static_cast<std::size_t>(row.cause)) =
        &all.refusals_.Add({{"listener", name}, {"cause", std::string(row.name)}});
  }
}

void ConnectionMetrics::Listener::OnConnectionOpened() {
  accepted_.Increment();
  open_.Increment();
}

void ConnectionMetrics::Listener::OnConnectionClosed() { open_.Decrement(); }

void ConnectionMetrics::Listener::OnHandshake() { handshakes_.Increment(); }

void ConnectionMetrics::Listener::OnRefusal(RefusalCause cause) {
  refusals_.at(static_cast<std::size_t>(cause))->Increment();
}

void ConnectionMetrics::Listener::AddTo(ConnectionTotals& totals) const {
  totals.accepted += CountOf(accepted_);
  totals.handshakes += CountOf(handshakes_);
  for (const prometheus::Counter* const refused : refusals_) totals.refusals += CountOf(*refused);
}

}  // namespace rtcroom
