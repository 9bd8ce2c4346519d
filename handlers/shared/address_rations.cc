#include "handlers/shared/address_rations.h"

#include <utility>

#include "daemon/base/address_key.h"

namespace rtcroom {

std::uint64_t AddressRations::Count(const std::string& peer_address) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  return RationOf(peer_address, now).Count(now);
}

LogRation& AddressRations::RationOf(const std::string& peer_address, MonotonicTime now) {
  std::string address = AddressKey(peer_address);
  if (const auto known = addresses_.find(address); known != addresses_.end()) return known->second;
  // There is at most one sweep per period: otherwise many addresses would cause a sweep at each
  // refusal.
  const bool may_sweep = !swept_at_ || now - *swept_at_ >= LogRation::kPeriod;
  if (addresses_.size() >= kMaxAddresses && may_sweep) {
    swept_at_ = now;
    std::erase_if(addresses_, [now](const auto& entry) { return entry.second.IsDue(now); });
  }
  if (addresses_.size() >= kMaxAddresses) return others_;
  return addresses_[std::move(address)];
}

}  // namespace rtcroom
