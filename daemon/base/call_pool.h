// Threads for calls that block on outside services.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/thread_pool.h"

namespace rtcroom {

struct CallPoolOptions {
  std::size_t callers = 16;
  std::size_t max_waiting = 256;  ///< calls for which no caller is free
  /// A call that waited longer is dropped: its client has timed out, or needs an early failure.
  std::chrono::milliseconds max_wait = std::chrono::seconds(5);
};

/// A `ThreadPool` whose tasks expire: runs calls in the order of submission, a bounded number at a
/// time.
///
/// A hanging service keeps the callers busy, and new calls are queued: for at most `max_wait` plus
/// the time of one call, since a caller that becomes free drops all expired calls before it runs
/// the next one.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread that is
///          not of the pool.
class CallPool {
 public:
  /// Exactly one of the two runs, once. Neither should throw: an exception is logged and discarded.
  struct Call {
    std::function<void()> run{};      ///< on a caller thread; blocks within its own bounds
    std::function<void()> expired{};  ///< instead, on a caller or in `Close`; does not block
  };

  /// Starts the callers.
  /// @param clock  measures the wait in the queue.
  CallPool(const Clock& clock, Logger& logger, const CallPoolOptions& options = {});
  ~CallPool();  ///< calls `Stop`
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  /// @return false when the queue is full, or after `Close`: neither function is ever run.
  [[nodiscard]] bool TrySubmit(Call call);

  /// Expires queued calls at once and accepts no more; does not wait for running calls. May be
  /// called again.
  /// @threads safe from any thread.
  void Close();

  /// `Close`, then waits for running calls. May be called again.
  void Stop();

 private:
  void Run(const std::function<void()>& function);

  const Clock& clock_;
  Logger& logger_;
  const std::chrono::milliseconds max_wait_;
  std::atomic<bool> closed_{false};  ///< the calls that still wait expire
  ThreadPool callers_;               // last: its tasks use all of the above
};

}  // namespace rtcroom
