#include "daemon/im/im_call_budget.h"

#include <algorithm>
#include <cstddef>

namespace rtcroom {

bool ImCallBudget::TryTake(GroupCommand command, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Rate& rate = rates_.at(static_cast<std::size_t>(command));
  return rate.bucket.Take(now, LimitAt(command, now));
}

MonotonicTime ImCallBudget::NextFree(GroupCommand command, MonotonicTime now) const {
  const MutexLock lock(mutex_);
  const Rate& rate = rates_.at(static_cast<std::size_t>(command));
  return rate.bucket.NextToken(now, LimitAt(command, now));
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
  return LimitAt(command, now).per_second;
}

void ImCallBudget::ShareCreates(std::size_t nodes) {
  const MutexLock lock(mutex_);
  sharers_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(nodes, 1, kPerSecond));
}

int ImCallBudget::HalvingsAt(const Rate& rate, MonotonicTime now) {
  if (rate.halvings == 0) return 0;
  const auto recovered = std::max<MonotonicTime::rep>((now - rate.slowed_at) / kRecovery, 0);
  return static_cast<int>(std::max<MonotonicTime::rep>(rate.halvings - recovered, 0));
}

RateLimit ImCallBudget::LimitAt(GroupCommand command, MonotonicTime now) const {
  const int halvings = HalvingsAt(rates_.at(static_cast<std::size_t>(command)), now);
  const std::uint32_t sharers = command == GroupCommand::kCreate ? sharers_ : 1;
  return {.per_second = std::max((kPerSecond / sharers) >> halvings, 1U),
          .burst = std::max((kBurst / sharers) >> halvings, 1U)};
}

}  // namespace rtcroom
