#include "daemon/http/edge_threads.h"

#include "daemon/http/event_loop.h"

namespace rtcroom {

EdgeThreads::EdgeThreads(EdgeThreadCounts counts, Logger& logger)
    : workers_(counts.workers, counts.waiting) {
  while (loops_.size() < counts.loops) loops_.push_back(std::make_unique<EventLoop>(logger));
}

EdgeThreads::~EdgeThreads() = default;

}  // namespace rtcroom
