#include "daemon/http/event_loop.h"

#include <exception>
#include <future>
#include <typeinfo>
#include <utility>

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

// What is posted from here waits until the reactor has had its turn, which asio takes once in each
// round of its queue; so never more than one slice is in the queue. (Ends the process when there is
// no memory for the few bytes of a task: nobody would go on with the others otherwise.)
void EventLoop::RunNextSlice() noexcept {
  if (sliced_.front()()) sliced_.pop_front();
  if (!sliced_.empty()) Post([this] { RunNextSlice(); });
}

void EventLoop::Run() {
  BlockSignalsInThisThread();
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (const std::exception& slipped) {
      // Out of memory, most likely: what it happened to is lost, and the rest goes on. The text
      // may quote a request, so the log gets the type.
      logger_.Error("event_loop_fault", {{"type", typeid(slipped).name()}});
    }
  }
}

}  // namespace rtcroom
