// Threads for calls that wait for somebody outside.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

struct CallPoolOptions {
  std::size_t callers = 16;
  std::size_t max_waiting = 256;  ///< calls for which no caller is free
  /// A call that waited for longer is not made any more: whoever is behind it has given up, or
  /// had better be told soon.
  std::chrono::milliseconds max_wait = std::chrono::seconds(5);
};

/// Makes calls in the order in which they were submitted, a bounded number at a time.
///
/// A service that hangs keeps the callers busy, and those who come meanwhile wait here: for
/// `max_wait` and one more call's time at most, since a caller that becomes free ends every wait
/// that is over before it makes the next call.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one, and for
///          none of the pool's own.
class CallPool {
 public:
  /// Exactly one of the two runs, once. Neither should throw: what it throws is logged and lost.
  struct Call {
    std::function<void()> run{};      ///< on a caller; blocks for as long as it bounds itself
    std::function<void()> expired{};  ///< instead, on a caller or in `Close`; does not block
  };

  /// Starts the callers.
  /// @param clock  the waiting is measured by it.
  CallPool(const Clock& clock, Logger& logger, const CallPoolOptions& options = {});
  ~CallPool();  ///< as `Stop`
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  /// @return false when as many calls wait as may, or after `Close`: neither function is ever run.
  [[nodiscard]] bool TrySubmit(Call call);

  /// What waits expires at once, and nothing more is taken; waits for none of those that run. May
  /// be called again.
  /// @threads safe from any thread.
  void Close();

  /// `Close`, and what runs is finished. May be called again.
  void Stop();

 private:
  struct Waiting {
    Call call{};
    MonotonicTime since{};
  };

  void MakeCalls();
  void Run(const std::function<void()>& function);

  const Clock& clock_;
  Logger& logger_;
  const CallPoolOptions options_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  std::size_t busy_callers_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> callers_;
};

}  // namespace rtcroom
