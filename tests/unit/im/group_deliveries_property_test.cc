// What holds after any history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/im/delivery_world.h"

namespace rtcroom {
namespace {

constexpr std::uint64_t kHistories = 1000;
constexpr int kSteps = 400;

void RunHistories(const WorldOptions& options) {
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    DeliveryWorld world(seed, options);
    for (int i = 0; i < kSteps; ++i) world.Step();
    world.ComeToRest();
    ASSERT_THAT(world.faults(), testing::IsEmpty()) << "seed " << seed;
  }
}

TEST(GroupDeliveriesHistories, EndWellWithAServiceThatAlwaysAnswers) {
  RunHistories({.fails = false});
}

TEST(GroupDeliveriesHistories, EndWellWithAServiceThatFails) { RunHistories({}); }

TEST(GroupDeliveriesHistories, EndWellWithRoomsThatNeedNotWaitForTheirGroups) {
  RunHistories({.degrades = true});
}

TEST(GroupDeliveriesHistories, EndWellWithBothFormsOfNotices) {
  RunHistories({.notify_via = NotifyVia::kBoth, .degrades = true, .crashes = true});
}

TEST(GroupDeliveriesHistories, EndWellWhenSystemNoticesAreDisabled) {
  RunHistories({.notify_via = NotifyVia::kAuto, .crashes = true});
}

TEST(GroupDeliveriesHistories, EndWellWithCrashes) { RunHistories({.crashes = true}); }

TEST(GroupDeliveriesHistories, EndWellWithCrashesAndRoomsThatNeedNotWaitForTheirGroups) {
  RunHistories({.degrades = true, .crashes = true});
}

}  // namespace
}  // namespace rtcroom
