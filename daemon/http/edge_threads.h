// The threads that listeners share.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "daemon/base/logger.h"
#include "daemon/base/thread_pool.h"

namespace rtcroom {

class EventLoop;

struct EdgeThreadCounts {
  std::size_t loops = 1;    ///< at least 1
  std::size_t workers = 4;  ///< at least 1
  /// Maximum requests of each urgency that wait for a worker; further ones get 503. A group commit
  /// takes all waiting requests, so thousands complete in a fraction of a second.
  std::size_t waiting = 4096;
};

/// @threads immutable; its parts are safe from any thread. Outlives the listeners that use it.
class EdgeThreads {
 public:
  /// @throws std::system_error when the threads cannot be started.
  EdgeThreads(EdgeThreadCounts counts, Logger& logger);
  ~EdgeThreads();
  EdgeThreads(const EdgeThreads&) = delete;
  EdgeThreads& operator=(const EdgeThreads&) = delete;

  [[nodiscard]] std::size_t loop_count() const { return loops_.size(); }
  [[nodiscard]] EventLoop& loop(std::size_t index) const { return *loops_[index]; }
  ThreadPool& workers() { return workers_; }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  ThreadPool workers_;  // last: its tasks post to the loops
};

}  // namespace rtcroom
