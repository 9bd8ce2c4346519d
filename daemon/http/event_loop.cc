#include "daemon/http/event_loop.h"

#include <exception>
#include <future>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/base/thread_signals.h"

namespace rtcroom {

EventLoop::EventLoop(Logger& logger) : logger_(logger), thread_([this] { Run(); }) {}

EventLoop::~EventLoop() {
  context_.stop();
  thread_.join();
}

void EventLoop::Await(std::function<void()> task) {
  std::packaged_task<void()> packaged(std::move(task));
  std::future<void> done = packaged.get_future();
  Post(std::move(packaged));
  done.get();
}

void EventLoop::RunInSlices(std::function<bool()> slice) {
  Post([this, slice = std::move(slice)]() mutable {
    sliced_.push_back(std::move(slice));
    if (sliced_.size() == 1) Post([this] { RunNextSlice(); });
  });
}

// A task posted from here runs after the reactor has polled, which asio does once in each round of
// its queue. So at most one slice is in the queue at a time. (Ends the process when the task cannot
// be allocated: otherwise the remaining slices would never run.)
void EventLoop::RunNextSlice() noexcept {
  if (sliced_.front()()) sliced_.pop_front();
  if (!sliced_.empty()) Post([this] { RunNextSlice(); });
}

void EventLoop::Run() {
  BlockSignalsInThisThread();
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (const std::exception&) {
      // Most likely out of memory: the task is lost, and the loop continues. The exception text
      // may quote a request, so only the type is logged.
      logger_.Error("event_loop_fault", {{"type", CurrentExceptionType()}});
    }
  }
}

}  // namespace rtcroom
