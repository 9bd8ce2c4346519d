#include "daemon/http/connection_census.h"

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

ConnectionCensus::Place::~Place() {
  if (census_ != nullptr) census_->Leave(address_, in_handshake_);
}

std::optional<RefusalCause> ConnectionCensus::Place::Claim(const IpAddress& address) {
  const IpAddress key = address.NetworkKey();
  const std::optional<RefusalCause> refused = census_->Claim(key);
  if (refused) return refused;
  address_ = key;
  in_handshake_ = true;
  return std::nullopt;
}

void ConnectionCensus::Place::EndHandshake() {
  if (std::exchange(in_handshake_, false)) census_->EndHandshake(*address_);
}

void ConnectionCensus::SetLimits(ConnectionLimits limits) {
  const MutexLock lock(mutex_);
  limits_ = limits;
}

std::optional<ConnectionCensus::Place> ConnectionCensus::Enter() {
  const MutexLock lock(mutex_);
  if (total_ >= limits_.total) return std::nullopt;
  ++total_;
  return Place(*this);
}

std::size_t ConnectionCensus::total() const {
  const MutexLock lock(mutex_);
  return total_;
}

std::optional<RefusalCause> ConnectionCensus::Claim(const IpAddress& address) {
  const MutexLock lock(mutex_);
  const auto known = by_address_.find(address);
  const Count count = known == by_address_.end() ? Count() : known->second;
  if (count.open >= limits_.per_address) return RefusalCause::kAddressConnections;
  if (count.handshakes >= MostHandshakes(limits_)) return RefusalCause::kAddressHandshakes;
  by_address_[address] = {.open = count.open + 1, .handshakes = count.handshakes + 1};
  return std::nullopt;
}

void ConnectionCensus::EndHandshake(const IpAddress& address) {
  const MutexLock lock(mutex_);
  --by_address_[address].handshakes;
}

void ConnectionCensus::Leave(const std::optional<IpAddress>& address, bool in_handshake) {
  const MutexLock lock(mutex_);
  --total_;
  if (!address) return;
  const auto known = by_address_.find(*address);
  if (in_handshake) --known->second.handshakes;
  if (--known->second.open == 0) by_address_.erase(known);
}

}  // namespace rtcroom
