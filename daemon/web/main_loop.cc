#include "daemon/web/main_loop.h"

#include <utility>

namespace rtcroom {
namespace {

using PostedCall = std::function<void()>;

void Forget(gpointer call) { delete static_cast<PostedCall*>(call); }

}  // namespace

MainLoop::MainLoop() : loop_(g_main_loop_new(nullptr, FALSE)) {}

MainLoop::~MainLoop() {
  if (timer_ != 0) g_source_remove(timer_);
  g_main_loop_unref(loop_);
}

void MainLoop::Post(PostedCall call) {
  g_idle_add_full(
      G_PRIORITY_DEFAULT,
      [](gpointer posted) -> gboolean {
        (*static_cast<PostedCall*>(posted))();
        return G_SOURCE_REMOVE;
      },
      new PostedCall(std::move(call)), Forget);
}

void MainLoop::Repeat(std::chrono::milliseconds period, PostedCall call) {
  timer_ = g_timeout_add_full(
      G_PRIORITY_DEFAULT, static_cast<guint>(period.count()),
      [](gpointer repeated) -> gboolean {
        (*static_cast<PostedCall*>(repeated))();
        return G_SOURCE_CONTINUE;
      },
      new PostedCall(std::move(call)), Forget);
}

}  // namespace rtcroom
