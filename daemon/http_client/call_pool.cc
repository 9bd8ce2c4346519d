#include "daemon/http_client/call_pool.h"

#include <utility>

#include "daemon/base/exception_type.h"

namespace rtcroom {

CallPool::CallPool(const Clock& clock, Logger& logger, const CallPoolOptions& options)
    : clock_(clock), logger_(logger), options_(options) {
  callers_.reserve(options_.callers);
  try {
    while (callers_.size() < options_.callers) callers_.emplace_back([this] { MakeCalls(); });
  } catch (...) {
    Stop();  // the threads started so far wait for work, and are joined
    throw;
  }
}

CallPool::~CallPool() { Stop(); }

bool CallPool::TrySubmit(Call call) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  // A caller that is free but not yet awake still has its call in the queue.
  const std::size_t under_way = busy_callers_ + waiting_.size();
  if (stopped_ || under_way >= options_.callers + options_.max_waiting) return false;
  waiting_.push_back({.call = std::move(call), .since = now});
  changed_.NotifyOne();
  return true;
}

void CallPool::Close() {
  std::deque<Waiting> given_up;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    given_up.swap(waiting_);
    changed_.NotifyAll();
  }
  for (const Waiting& waiting : given_up) Run(waiting.call.expired);
}

void CallPool::Stop() {
  Close();
  callers_.clear();
}

void CallPool::MakeCalls() {
  for (;;) {
    Waiting next;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !stopped_) changed_.Wait(mutex_);
      if (stopped_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      ++busy_callers_;
    }
    const bool is_late = clock_.Monotonic() - next.since > options_.max_wait;
    Run(is_late ? next.call.expired : next.call.run);
    const MutexLock lock(mutex_);
    --busy_callers_;
  }
}

// An exception that escapes a thread would end the process with all its calls.
void CallPool::Run(const std::function<void()>& function) {
  try {
    function();
  } catch (...) {
    logger_.Error("call_threw", {{"type", CurrentExceptionType()}});
  }
}

}  // namespace rtcroom
