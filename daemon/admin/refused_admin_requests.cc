#include "daemon/admin/refused_admin_requests.h"

#include <cstdint>

namespace rtcroom {

void RefusedAdminRequests::Record(const std::string& peer_address) {
  const MonotonicTime now = clock_.Monotonic();
  std::uint64_t times = 0;
  {
    const MutexLock lock(mutex_);
    times = ration_.Count(now);
  }
  if (times == 0) return;
  logger_.Warn("admin_refused", {{"peer", peer_address}, {"times", times}});
}

}  // namespace rtcroom
