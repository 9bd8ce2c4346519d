#include "daemon/base/thread_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/base/thread_signals.h"

namespace rtcroom {

ThreadPool::ThreadPool(std::size_t threads, std::size_t max_waiting)
    : capacity_(threads + max_waiting) {
  threads_.reserve(threads);
  try {
    while (threads_.size() < threads) threads_.emplace_back([this] { Run(); });
  } catch (...) {
    Stop();  // otherwise the join of the threads already started would block forever
    throw;
  }
}

ThreadPool::~ThreadPool() { Stop(); }

bool ThreadPool::TrySubmit(Urgency urgency, Task task) {
  {
    const MutexLock lock(mutex_);
    std::deque<Task>& queue = urgency == Urgency::kUrgent ? urgent_ : normal_;
    // A thread that is free but not yet awake still has its task in the queue.
    if (closed_ || running_ + queue.size() >= capacity_) return false;
    queue.push_back(std::move(task));
  }
  changed_.NotifyOne();
  return true;
}

std::size_t ThreadPool::waiting() const {
  const MutexLock lock(mutex_);
  return urgent_.size() + normal_.size();
}

std::vector<ThreadPool::Task> ThreadPool::Close() {
  std::vector<Task> waiting;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (std::deque<Task>* const queue : {&urgent_, &normal_}) {
      std::ranges::move(*queue, std::back_inserter(waiting));
      queue->clear();
    }
  }
  changed_.NotifyAll();
  return waiting;
}

void ThreadPool::Stop() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
  threads_.clear();
}

void ThreadPool::Run() {
  BlockSignalsInThisThread();
  for (;;) {
    {
      const Task task = Pop();
      if (!task) return;
      task();
    }
    const MutexLock lock(mutex_);
    --running_;
  }
}

ThreadPool::Task ThreadPool::Pop() {
  const MutexLock lock(mutex_);
  while (urgent_.empty() && normal_.empty() && !closed_) changed_.Wait(mutex_);
  std::deque<Task>& queue = urgent_.empty() ? normal_ : urgent_;
  if (queue.empty()) return {};
  Task next = std::move(queue.front());
  queue.pop_front();
  ++running_;
  return next;
}

}  // namespace rtcroom
