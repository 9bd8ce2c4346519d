#include "handlers/refused_callers.h"

#include <utility>

#include "daemon/base/address_key.h"

namespace rtcroom {
namespace {

bool IsUnauthenticated(const RequestLabel& label) {
  if (!label.failure) return false;
  switch (*label.failure) {
    case Errc::kUnauthorized:
    case Errc::kNoCredentials:
    case Errc::kTokenMalformed:
    case Errc::kUnknownApp:
    case Errc::kNoSession:
    case Errc::kTokenWrong:
      return true;
    default:
      return false;
  }
}

}  // namespace

void RefusedCallers::Record(std::string_view request_id, const std::string& peer_address,
                            const RequestLabel& label) {
  if (!IsUnauthenticated(label)) return;
  const std::uint64_t times = Count(peer_address);
  if (times == 0) return;
  logger_.Info("caller_refused", {{"request_id", request_id},
                                  {"peer", peer_address},
                                  {"endpoint", label.endpoint},
                                  {"failure", ErrcName(*label.failure)},
                                  {"detail", label.failure_detail},
                                  {"times", times}});
}

std::uint64_t RefusedCallers::Count(const std::string& peer_address) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  return RationOf(peer_address, now).Count(now);
}

LogRation& RefusedCallers::RationOf(const std::string& peer_address, MonotonicTime now) {
  std::string address = AddressKey(peer_address);
  if (const auto known = addresses_.find(address); known != addresses_.end()) return known->second;
  // At most one sweep per period: otherwise many addresses would cause a sweep at each refusal.
  const bool may_sweep = !swept_at_ || now - *swept_at_ >= LogRation::kPeriod;
  if (addresses_.size() >= kMaxAddresses && may_sweep) {
    swept_at_ = now;
    std::erase_if(addresses_, [now](const auto& entry) { return entry.second.IsDue(now); });
  }
  if (addresses_.size() >= kMaxAddresses) return others_;
  return addresses_[std::move(address)];
}

}  // namespace rtcroom
