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
    world.RunUntilIdle();
    ASSERT_THAT(world.faults(), testing::IsEmpty()) << "seed " << seed;
  }
}

TEST(DeliveryHistories, EndWellWithAServiceThatAlwaysAnswers) { RunHistories({.fails = false}); }

TEST(DeliveryHistories, EndWellWithAServiceThatFails) { RunHistories({}); }

TEST(DeliveryHistories, EndWellWithRoomsThatNeedNotWaitForTheirGroups) {
  RunHistories({.degrades = true});
}

TEST(DeliveryHistories, EndWellWithBothFormsOfNotices) {
  RunHistories({.notify_via = NotifyVia::kBoth, .degrades = true, .crashes = true});
}

TEST(DeliveryHistories, EndWellWhenSystemNoticesAreDisabled) {
  RunHistories({.notify_via = NotifyVia::kAuto, .crashes = true});
}

TEST(DeliveryHistories, EndWellWithCrashes) { RunHistories({.crashes = true}); }

TEST(DeliveryHistories, EndWellWithCrashesAndRoomsThatNeedNotWaitForTheirGroups) {
  RunHistories({.degrades = true, .crashes = true});
}

}  // namespace
}  // namespace rtcroom
