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

void PgHosts::BeginWith(const PgHost& host) {
  const auto found = std::ranges::find(hosts_, host);
  if (found != hosts_.end()) first_ = static_cast<std::size_t>(found - hosts_.begin());
}

void PgHosts::Tried(std::size_t place, MonotonicTime at) {
  if (!hosts_.empty()) tried_at_[(first_ + place) % hosts_.size()] = at;
}

std::optional<MonotonicTime> PgHosts::first_tried_at() const {
  return hosts_.empty() ? std::nullopt : tried_at_[first_];
}

void PgReportedHost::Report(const PgHost& host) {
  const MutexLock lock(mutex_);
  if (host_ != host) host_ = host;
  ++reports_;
}

std::uint64_t PgReportedHost::reports() const {
  const MutexLock lock(mutex_);
  return reports_;
}

std::optional<PgHost> PgReportedHost::Other(const PgHost& host, std::uint64_t since) const {
  const MutexLock lock(mutex_);
  if (reports_ <= since || host_ == host) return std::nullopt;
  return host_;
}

std::optional<PgHost> PgReportedHost::last() const {
  const MutexLock lock(mutex_);
  return reports_ == 0 ? std::nullopt : std::optional(host_);
}

void PgSharedHosts::Confirmed(const PgHost& host) {
  primary.Report(host);
  if (known != nullptr) known->Report(host);
}

void PgSharedHosts::Left(const PgHost& next) {
  if (known != nullptr) known->Report(next);
}

}  // namespace rtcroom
