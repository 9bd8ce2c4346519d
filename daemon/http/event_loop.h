// A thread that waits for many descriptors at once.
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

/// Boost.Asio as a bare reactor: it tells when a descriptor is ready, and those who asked read
/// and write by themselves. (Its own streams hold several times the memory for each connection.)
///
/// What is registered with `context()` runs on the loop's one thread, so that objects which only
/// it touches need no locks. Nothing that runs there may wait.
///
/// @threads `Post`, `RunInSlices` and `Await` from any thread; the rest as said.
class EventLoop {
 public:
  /// Starts the thread.
  /// @param logger  told of what a task lets slip; outlives the loop.
  /// @throws std::system_error when there is no thread to be had.
  explicit EventLoop(Logger& logger);
  /// Ends the thread after what runs at the moment; what waits is dropped.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  boost::asio::io_context& context() { return context_; }

  /// Runs the task on the loop's thread, after what has been posted before.
  template <typename Task>
  void Post(Task task) {
    boost::asio::post(context_, std::move(task));
  }

  /// Runs the task likewise, and returns when it has run. Not from the loop's own thread.
  void Await(std::function<void()> task);

  /// Calls `slice` until it returns true, for work that would hold others up if it were done at
  /// once: between two calls the loop looks at all descriptors and serves those that are ready.
  /// One after the other, in the order of coming, so that only one is ever half done. It must not
  /// throw.
  void RunInSlices(std::function<bool()> slice);

  /// Room to read into, for the loop's thread alone and only until it returns to the loop. Shared
  /// by all its connections: none of them holds a buffer while it waits.
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
