#include "daemon/http/connection_limiter.h"

#include <algorithm>

namespace rtcroom {
namespace {

/// The limit of concurrent handshakes per address: a quarter of its connections, at least 16. The
/// handshake is the most expensive part of a connection.
std::size_t MostHandshakes(const ConnectionLimits& limits) {
  constexpr std::size_t kFew = 16;
  return std::max(limits.per_address / 4, std::min(limits.per_address, kFew));
}

}  // namespace

ConnectionLimiter::Slot::~Slot() {
  if (limiter_ != nullptr) limiter_->Leave(address_, in_handshake_);
}

std::optional<RefusalCause> ConnectionLimiter::Slot::AssignAddress(const IpAddress& address) {
  const IpAddress key = address.NetworkKey();
  const std::optional<RefusalCause> refused = limiter_->AssignAddress(key);
  if (refused) return refused;
  address_ = key;
  in_handshake_ = true;
  return std::nullopt;
}

void ConnectionLimiter::Slot::EndHandshake() {
  if (std::exchange(in_handshake_, false)) limiter_->EndHandshake(*address_);
}

void ConnectionLimiter::SetLimits(ConnectionLimits limits) {
  const MutexLock lock(mutex_);
  limits_ = limits;
}

std::optional<ConnectionLimiter::Slot> ConnectionLimiter::Acquire() {
  const MutexLock lock(mutex_);
  if (total_ >= limits_.total) return std::nullopt;
  ++total_;
  return Slot(*this);
}

std::size_t ConnectionLimiter::total() const {
  const MutexLock lock(mutex_);
  return total_;
}

std::optional<RefusalCause> ConnectionLimiter::AssignAddress(const IpAddress& address) {
  const MutexLock lock(mutex_);
  const auto known = by_address_.find(address);
  const Count count = known == by_address_.end() ? Count() : known->second;
  if (count.open >= limits_.per_address) return RefusalCause::kAddressConnections;
  if (count.handshakes >= MostHandshakes(limits_)) return RefusalCause::kAddressHandshakes;
  by_address_[address] = {.open = count.open + 1, .handshakes = count.handshakes + 1};
  return std::nullopt;
}

void ConnectionLimiter::EndHandshake(const IpAddress& address) {
  const MutexLock lock(mutex_);
  --by_address_[address].handshakes;
}

void ConnectionLimiter::Leave(const std::optional<IpAddress>& address, bool in_handshake) {
  const MutexLock lock(mutex_);
  --total_;
  if (!address) return;
  const auto known = by_address_.find(*address);
  if (in_handshake) --known->second.handshakes;
  if (--known->second.open == 0) by_address_.erase(known);
}

}  // namespace rtcroom
