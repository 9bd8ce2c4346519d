#include "daemon/web/stream_plans.h"

namespace rtcroom {

bool PullPlan::IsDue(MonotonicTime now, const Wish& wish) {
  if (wish.has_players || wish.is_kept) wanted_at_ = now;
  return !IsOver(now) && now >= begin_at_;
}

void PushPlan::Began(MonotonicTime now) {
  is_running_ = true;
  began_at_ = now;
}

void PushPlan::Failed(MonotonicTime now) {
  is_running_ = false;
  if (!failing_since_ || now - began_at_ >= kProof) failing_since_ = now;
  begin_at_ = now + kPause;
}

}  // namespace rtcroom
