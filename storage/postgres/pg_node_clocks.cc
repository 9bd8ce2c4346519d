#include "storage/postgres/pg_node_clocks.h"

#include <algorithm>
#include <ranges>

#include "daemon/core/cluster.h"

namespace rtcroom {

std::chrono::milliseconds PgNodeClocks::Difference(TimePoint sent, TimePoint received,
                                                   std::int64_t now_ms) {
  using std::chrono::milliseconds;
  const milliseconds now(now_ms);
  // Readings are rounded down, but the database's to the nearest. The wall clock may have been set
  // back in between.
  const auto [least, most] = std::minmax(
      {sent.time_since_epoch() - now, received.time_since_epoch() + milliseconds(1) - now});
  return std::clamp(milliseconds(0), least, most);
}

bool PgNodeClocks::DatabaseDiffers() const {
  if (reports_.empty()) return false;
  const auto reports = std::views::values(reports_);
  const std::string& machine = reports.front().machine;
  if (std::ranges::all_of(reports, [&](const Report& other) { return other.machine == machine; })) {
    return false;
  }
  const auto [least, most] = std::ranges::minmax(reports, {}, &Report::ahead);
  return std::ranges::all_of(reports, IsFar, &Report::ahead) && !IsFar(most.ahead - least.ahead);
}

bool PgNodeClocks::Trusts(std::uint64_t node) const {
  const auto found = reports_.find(node);
  return found == reports_.end() || !IsFar(found->second.ahead) || DatabaseDiffers();
}

}  // namespace rtcroom
