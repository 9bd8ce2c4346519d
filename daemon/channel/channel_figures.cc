#include "daemon/channel/channel_figures.h"

#include "daemon/channel/channel.h"

namespace rtcroom {

ChannelCounts Channel::counts() const {
  const MutexLock lock(mutex_);
  return state_.counts();
}

SentCounts Channel::sent_counts() const {
  const MutexLock lock(mutex_);
  return sent_;
}

ChannelSizes Channel::sizes() const {
  const MutexLock lock(mutex_);
  return state_.sizes();
}

void Channel::Count(std::uint64_t SentCounts::* figure) {
  const MutexLock lock(mutex_);
  ++(sent_.*figure);
}

Error Channel::Refused(const Error& refusal) {
  Count(&SentCounts::refused);
  return refusal;
}

void Channel::Observe(std::span<const ChannelTurn::Delivery> deliveries) const {
  if (deps_.observer == nullptr || deliveries.empty()) return;
  const TimePoint now = deps_.clock.Now();
  for (const ChannelTurn::Delivery& delivery : deliveries) {
    deps_.observer->OnDelivered(delivery.path, LatencyOf(delivery.made_at, now));
  }
}

}  // namespace rtcroom
