// The loop of the worker's thread, which owns all sessions and pipelines.
#pragma once

#include <chrono>
#include <functional>

#include <glib.h>

namespace rtcroom {

/// GLib's default context: the buses of pipelines are served by it, too.
///
/// @threads `Post` and `Quit` are safe from any thread.
class MainLoop {
 public:
  MainLoop();
  ~MainLoop();
  MainLoop(const MainLoop&) = delete;
  MainLoop& operator=(const MainLoop&) = delete;

  /// Runs until `Quit`.
  void Run() { g_main_loop_run(loop_); }
  void Quit() { g_main_loop_quit(loop_); }

  /// Runs `call` on the loop's thread, in the order of the calls.
  static void Post(std::function<void()> call);

  /// Runs `call` on the loop's thread again and again, until this object ends.
  void Repeat(std::chrono::milliseconds period, std::function<void()> call);

 private:
  GMainLoop* const loop_;
  guint timer_ = 0;
};

}  // namespace rtcroom
