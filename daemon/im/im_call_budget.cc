#include "daemon/im/im_call_budget.h"

#include <algorithm>
#include <cstddef>

namespace rtcroom {

bool ImCallBudget::TryTake(GroupCommand command, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Rate& rate = rates_.at(static_cast<std::size_t>(command));
  return rate.bucket.Take(now, LimitAt(rate, now));
}

MonotonicTime ImCallBudget::NextFree(GroupCommand command, MonotonicTime now) const {
  const MutexLock lock(mutex_);
  const Rate& rate = rates_.at(static_cast<std::size_t>(command));
  return rate.bucket.NextToken(now, LimitAt(rate, now));
}

void ImCallBudget::SlowDown(GroupCommand command, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Rate& rate = rates_.at(static_cast<std::size_t>(command));
  const int halvings = HalvingsAt(rate, now);
  if (halvings > 0 && now - rate.slowed_at < kMinSlowDownInterval) return;
  rate.halvings = std::min(halvings + 1, kMaxHalvings);
  rate.slowed_at = now;
}

std::uint32_t ImCallBudget::PerSecond(GroupCommand command, MonotonicTime now) const {
  const MutexLock lock(mutex_);
  return LimitAt(rates_.at(static_cast<std::size_t>(command)), now).per_second;
}

int ImCallBudget::HalvingsAt(const Rate& rate, MonotonicTime now) {
  if (rate.halvings == 0) return 0;
  const auto recovered = std::max<MonotonicTime::rep>((now - rate.slowed_at) / kRecovery, 0);
  return static_cast<int>(std::max<MonotonicTime::rep>(rate.halvings - recovered, 0));
}

RateLimit ImCallBudget::LimitAt(const Rate& rate, MonotonicTime now) {
  const int halvings = HalvingsAt(rate, now);
  return {.per_second = kPerSecond >> halvings, .burst = std::max(kBurst >> halvings, 1U)};
}

}  // namespace rtcroom
