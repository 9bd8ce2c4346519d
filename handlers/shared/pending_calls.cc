#include "handlers/shared/pending_calls.h"

#include <utility>
#include <vector>

#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

std::optional<PendingCalls::Calls::iterator> PendingCalls::Add(MonotonicTime until,
                                                               std::shared_ptr<PendingCall> call) {
  const MutexLock lock(mutex_);
  if (is_stopping_ || until <= clock_.Monotonic()) return std::nullopt;
  return calls_.emplace(until, std::move(call));
}

void PendingCalls::Remove(Calls::iterator call) {
  const MutexLock lock(mutex_);
  calls_.erase(call);
}

void PendingCalls::EndUntil(MonotonicTime time) {
  std::vector<std::shared_ptr<PendingCall>> due;
  {
    const MutexLock lock(mutex_);
    for (auto call = calls_.begin(); call != calls_.end() && call->first <= time; ++call) {
      due.push_back(call->second);
    }
  }
  for (const std::shared_ptr<PendingCall>& call : due) call->End();
}

}  // namespace rtcroom
