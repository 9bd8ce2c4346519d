#include "daemon/http/worker_pool.h"

#include <utility>

#include "daemon/base/thread_signals.h"

namespace rtcroom {

WorkerPool::WorkerPool(std::size_t threads, std::size_t capacity) : capacity_(capacity) {
  threads_.reserve(threads);
  try {
    while (threads_.size() < threads) threads_.emplace_back([this] { Run(); });
  } catch (...) {
    Close();  // otherwise the join of the threads already started would block forever
    throw;
  }
}

WorkerPool::~WorkerPool() { Close(); }

bool WorkerPool::TrySubmit(Urgency urgency, Task task) {
  {
    const MutexLock lock(mutex_);
    std::deque<Task>& queue = urgency == Urgency::kUrgent ? urgent_ : normal_;
    if (closed_ || queue.size() >= capacity_) return false;
    queue.push_back(std::move(task));
  }
  changed_.NotifyOne();
  return true;
}

std::size_t WorkerPool::waiting() const {
  const MutexLock lock(mutex_);
  return urgent_.size() + normal_.size();
}

void WorkerPool::Run() {
  BlockSignalsInThisThread();
  while (const Task task = Pop()) task();
}

WorkerPool::Task WorkerPool::Pop() {
  const MutexLock lock(mutex_);
  while (urgent_.empty() && normal_.empty() && !closed_) changed_.Wait(mutex_);
  std::deque<Task>& queue = urgent_.empty() ? normal_ : urgent_;
  if (queue.empty()) return {};
  Task next = std::move(queue.front());
  queue.pop_front();
  return next;
}

void WorkerPool::Close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

}  // namespace rtcroom
