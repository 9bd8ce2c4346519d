#include "daemon/channel/push_notices.h"

#include <algorithm>

namespace rtcroom {

void PushNotices::Tell() {
  std::vector<PushNotice> told;
  {
    const MutexLock lock(mutex_);
    const std::size_t count = std::min(untold_.size(), kToldPerTick);
    told.assign(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (told.empty() || !others_->ReportNotices(told)) return;
  const MutexLock lock(mutex_);
  for (const PushNotice& notice : told) untold_bytes_ -= notice.object.size();
  untold_.erase(untold_.begin(), untold_.begin() + static_cast<std::ptrdiff_t>(told.size()));
}

}  // namespace rtcroom
