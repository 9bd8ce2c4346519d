#include "daemon/base/periodic_task.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "daemon/base/exception_type.h"

namespace rtcroom {
namespace {

// An exception that leaves the thread would end the process. It probably means that memory ran out;
// the task is due again soon.
void Run(const PeriodicTask::Task& task, const std::stop_token& stop, Logger& logger) {
  try {
    task(stop);
  } catch (...) {
    logger.Error("task_fault", {{"type", CurrentExceptionType()}});
  }
}

}  // namespace

PeriodicTask::PeriodicTask(std::chrono::milliseconds period, Task task, Logger& logger)
    : thread_([period, task = std::move(task), &logger](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any woken;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
          // Only a request to stop ends this wait early.
          woken.wait_for(lock, stop, period, [&] { return stop.stop_requested(); });
          if (!stop.stop_requested()) Run(task, stop, logger);
        }
      }) {}

}  // namespace rtcroom
