#include "daemon/admin/refused_operators.h"

#include <utility>

namespace rtcroom {

void RefusedOperators::Note(const std::string& peer_address) {
  const MonotonicTime now = clock_.Monotonic();
  std::uint64_t times = 0;
  {
    const MutexLock lock(mutex_);
    ++untold_;
    if (told_at_ && now - *told_at_ < kPeriod) return;
    told_at_ = now;
    times = std::exchange(untold_, 0);
  }
  logger_.Warn("operator_refused", {{"peer", peer_address}, {"times", times}});
}

}  // namespace rtcroom
