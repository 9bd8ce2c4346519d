#include "daemon/edge/accept_queue.h"

#include <utility>

namespace rtcroom {

void AcceptQueue::Push(AcceptedSocket accepted) {
  {
    const MutexLock lock(mutex_);
    if (closed_ || waiting_.size() >= capacity_) return;
    waiting_.push_back(std::move(accepted));
  }
  changed_.NotifyOne();
}

std::optional<AcceptedSocket> AcceptQueue::Pop() {
  const MutexLock lock(mutex_);
  if (leaving_ > 0) --leaving_;
  ++idle_workers_;
  while (waiting_.empty() && !closed_) changed_.Wait(mutex_);
  --idle_workers_;
  if (waiting_.empty()) return std::nullopt;
  AcceptedSocket next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

bool AcceptQueue::ShouldGiveWay() {
  const MutexLock lock(mutex_);
  if (waiting_.size() <= idle_workers_ + leaving_) return false;
  ++leaving_;
  return true;
}

void AcceptQueue::Close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

}  // namespace rtcroom
