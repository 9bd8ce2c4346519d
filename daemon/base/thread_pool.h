// Threads that run blocking tasks from bounded queues.
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
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread that is
///          not of the pool.
class ThreadPool {
 public:
  /// Must not throw.
  using Task = std::function<void()>;
  enum class Urgency : std::uint8_t { kUrgent, kNormal };

  /// @param threads      at least 1.
  /// @param max_waiting  tasks of each urgency for which no thread is free.
  /// @throws std::system_error when the threads cannot be started.
  ThreadPool(std::size_t threads, std::size_t max_waiting);
  ~ThreadPool();  ///< calls `Stop`
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Queues the task unless the queue is full or the pool is closed.
  /// @return whether it was queued; then it is certain to run, or to be returned by `Close`.
  [[nodiscard]] bool TrySubmit(Urgency urgency, Task task) EXCLUDES(mutex_);

  /// Tasks that wait for a thread.
  [[nodiscard]] std::size_t waiting() const EXCLUDES(mutex_);

  /// Accepts no more tasks; does not wait for running ones.
  /// @return the waiting tasks in their order, which the pool does not run any more.
  [[nodiscard]] std::vector<Task> Close() EXCLUDES(mutex_);

  /// Accepts no more tasks, runs the waiting ones and waits for all. May be called again.
  void Stop() EXCLUDES(mutex_);

 private:
  void Run();
  /// The next task; empty when the pool is closed and no task is left.
  Task Pop() EXCLUDES(mutex_);

  const std::size_t capacity_;  ///< tasks of one urgency: running and waiting
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Task> urgent_ GUARDED_BY(mutex_);
  std::deque<Task> normal_ GUARDED_BY(mutex_);
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace rtcroom
