#include "daemon/events/callback_nudge.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(CallbackNudge, MayEndWhileANudgeIsUnderWay) {
  for (int i = 0; i < 50; ++i) {
    CallbackNudge nudge;
    nudge.Nudge();
  }
}

TEST(CallbackNudge, MayBeAskedForByManyAtOnce) {
  CallbackNudge nudge;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&nudge] {
      for (int j = 0; j < 200; ++j) nudge.Nudge();
    });
  }
}

}  // namespace
}  // namespace rtcroom
