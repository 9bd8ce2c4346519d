#include "daemon/web/stream_plans.h"

namespace rtcroom {

bool PullPlan::IsDue(MonotonicTime now, const Wish& wish) {
  if (wish.has_players || wish.is_kept) wanted_at_ = now;
  return !IsOver(now) && now >= begin_at_;
}

void PushPlan::Failed(MonotonicTime now) {
  if (!failing_since_) failing_since_ = now;
  begin_at_ = now + kPause;
}

}  // namespace rtcroom
