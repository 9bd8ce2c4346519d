// The threads that run blocking requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// A fixed number of threads with bounded queues. Urgent tasks run before all others, and have a
/// queue of their own, which a flood of other tasks cannot fill.
///
/// @threads safe from any thread.
class WorkerPool {
 public:
  using Task = std::function<void()>;
  enum class Urgency : std::uint8_t { kUrgent, kNormal };

  /// @param threads   at least 1.
  /// @param capacity  maximum waiting tasks of each urgency; at least 1.
  /// @throws std::system_error when the threads cannot be started.
  WorkerPool(std::size_t threads, std::size_t capacity);
  /// Runs all accepted tasks, and waits for them.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Queues the task unless the queue is full. The task must not throw.
  /// @return whether it was queued; then it is certain to run.
  [[nodiscard]] bool TrySubmit(Urgency urgency, Task task) EXCLUDES(mutex_);

  /// Tasks that wait for a thread.
  [[nodiscard]] std::size_t waiting() const EXCLUDES(mutex_);

 private:
  void Run();
  /// The next task; empty when the pool is closed and no task is left.
  Task Pop() EXCLUDES(mutex_);
  void Close() EXCLUDES(mutex_);

  const std::size_t capacity_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Task> urgent_ GUARDED_BY(mutex_);
  std::deque<Task> normal_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace rtcroom
