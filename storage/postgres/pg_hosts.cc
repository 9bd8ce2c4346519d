#include "storage/postgres/pg_hosts.h"

#include <algorithm>

namespace rtcroom {

std::vector<PgHost> PgHosts::InOrder() const {
  std::vector<PgHost> order = hosts_;
  std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(first_));
  return order;
}

void PgHosts::Worked(std::size_t place) {
  if (!hosts_.empty()) first_ = (first_ + place) % hosts_.size();
}

}  // namespace rtcroom
