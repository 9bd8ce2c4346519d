#include "daemon/web/main_loop.h"

#include <utility>

namespace rtcroom {
namespace {

using Call = std::function<void()>;

void Forget(gpointer call) { delete static_cast<Call*>(call); }

}  // namespace

MainLoop::MainLoop() : loop_(g_main_loop_new(nullptr, FALSE)) {}

MainLoop::~MainLoop() {
  if (timer_ != 0) g_source_remove(timer_);
  g_main_loop_unref(loop_);
}

void MainLoop::Post(Call call) {
  g_idle_add_full(
      G_PRIORITY_DEFAULT,
      [](gpointer posted) -> gboolean {
        (*static_cast<Call*>(posted))();
        return G_SOURCE_REMOVE;
      },
      new Call(std::move(call)), Forget);
}

void MainLoop::Repeat(std::chrono::milliseconds period, Call call) {
  timer_ = g_timeout_add_full(
      G_PRIORITY_DEFAULT, static_cast<guint>(period.count()),
      [](gpointer repeated) -> gboolean {
        (*static_cast<Call*>(repeated))();
        return G_SOURCE_CONTINUE;
      },
      new Call(std::move(call)), Forget);
}

}  // namespace rtcroom
