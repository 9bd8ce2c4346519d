// The loop of the worker's thread, which owns all sessions and pipelines.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <glib.h>

namespace rtcroom::main_loop {

/// Runs `call` on the loop's thread, in the order of the calls. Safe from any thread.
inline void Post(std::function<void()> call) {
  using Call = std::function<void()>;
  g_idle_add_full(
      G_PRIORITY_DEFAULT,
      [](gpointer posted) -> gboolean {
        (*static_cast<Call*>(posted))();
        return G_SOURCE_REMOVE;
      },
      new Call(std::move(call)), [](gpointer posted) { delete static_cast<Call*>(posted); });
}

/// Makes `Run` call its `step` soon. Safe from any thread.
inline void Wake() { g_main_context_wakeup(nullptr); }

/// Serves what was posted, and the buses of pipelines. Calls `step` in between, and at least each
/// `period`, until it returns false.
inline void Run(std::chrono::milliseconds period, const std::function<bool()>& step) {
  const guint timer = g_timeout_add(
      static_cast<guint>(period.count()), [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; },
      nullptr);
  while (step()) g_main_context_iteration(nullptr, TRUE);
  g_source_remove(timer);
}

}  // namespace rtcroom::main_loop
