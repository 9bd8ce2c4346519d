// A thread that does one thing again and again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace rtcroom {

/// Calls `task` every `period` on a thread of its own, from one period after the construction
/// until the destruction, which waits for a call that is running: a long one looks at its token.
class PeriodicTask {
 public:
  PeriodicTask(std::chrono::milliseconds period, std::function<void(const std::stop_token&)> task)
      : thread_([period, task = std::move(task)](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any woken;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            // Only a request to stop ends this wait early.
            woken.wait_for(lock, stop, period, [&] { return stop.stop_requested(); });
            if (!stop.stop_requested()) task(stop);
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace rtcroom
