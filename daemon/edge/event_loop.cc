#include "daemon/edge/event_loop.h"

#include <exception>
#include <future>
#include <memory>
#include <typeinfo>
#include <utility>

#include <boost/asio/post.hpp>

#include "daemon/edge/thread_signals.h"

namespace rtcroom {

EventLoop::EventLoop(Logger& logger) : logger_(logger), thread_([this] { Run(); }) {}

EventLoop::~EventLoop() {
  context_.stop();
  thread_.join();
}

void EventLoop::Post(std::function<void()> task) { boost::asio::post(context_, std::move(task)); }

void EventLoop::Await(std::function<void()> task) {
  // Shared, since its end is told before the loop lets go of it.
  const auto packaged = std::make_shared<std::packaged_task<void()>>(std::move(task));
  std::future<void> done = packaged->get_future();
  Post([packaged] { (*packaged)(); });
  done.get();
}

void EventLoop::Run() {
  BlockSignalsInThisThread();
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (const std::exception& slipped) {
      // Out of memory, most likely. The connection it happened to ends at its deadline, and the
      // others go on. The text may quote a request, so the log gets the type.
      logger_.Error("event_loop_fault", {{"type", typeid(slipped).name()}});
    }
  }
}

}  // namespace rtcroom
