// A thread that runs an event loop over many descriptors.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "daemon/base/logger.h"

namespace rtcroom {

/// Uses Boost.Asio as a bare reactor: it reports that a descriptor is ready, and the callbacks read
/// and write themselves. (Asio's own streams use several times the memory for each connection.)
///
/// Callbacks registered with `context()` run on the loop's single thread, so objects that only this
/// thread accesses need no locks. Nothing that runs there may block.
///
/// @threads `Post`, `RunInSlices` and `Await` from any thread; the rest as documented.
class EventLoop {
 public:
  /// Starts the thread.
  /// @param logger  receives the exceptions that tasks throw; outlives the loop.
  /// @throws std::system_error when the thread cannot be started.
  explicit EventLoop(Logger& logger);
  /// Ends the thread after the current task; queued tasks are dropped.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  boost::asio::io_context& context() { return context_; }

  /// Runs the task on the loop's thread, after all tasks posted earlier.
  template <typename Task>
  void Post(Task task) {
    boost::asio::post(context_, std::move(task));
  }

  /// It does what `Post` does, but returns when the task has run. Do not call it on the loop's own
  /// thread.
  void Await(std::function<void()> task);

  /// Calls `slice` until it returns true, for work that would delay other connections if it were
  /// done at once: between two calls the loop polls all descriptors and serves those that are
  /// ready. Sliced jobs run one after the other, in the order of the calls, so that at most one is
  /// in progress. `slice` must not throw.
  void RunInSlices(std::function<bool()> slice);

  /// A read buffer for the loop's thread only, valid until the current task returns. Shared by all
  /// its connections: none of them holds a buffer while it waits.
  std::span<char> scratch() { return scratch_; }

 private:
  static constexpr std::size_t kScratchBytes = 16384;  // a whole TLS record

  void Run();
  void RunNextSlice() noexcept;

  Logger& logger_;
  boost::asio::io_context context_{1};  // one thread runs it
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_{
      context_.get_executor()};
  std::array<char, kScratchBytes> scratch_{};
  std::deque<std::function<bool()>> sliced_;  ///< of the loop's thread
  std::jthread thread_;                       // last: it uses all of the above
};

}  // namespace rtcroom
