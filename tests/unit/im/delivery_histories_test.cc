// Invariants that hold after any history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cycles.h"
#include "tests/unit/im/delivery_world.h"

namespace rtcroom {
namespace {

constexpr int kSteps = 400;

void RunHistories(const WorldOptions& options) {
  const std::uint64_t first = Seed(1);
  const std::uint64_t end = first + Cycles(12);
  for (std::uint64_t seed = first; seed < end; ++seed) {
    DeliveryWorld world(seed, options);
    for (int i = 0; i < kSteps; ++i) world.Step();
    world.RunUntilIdle();
    ASSERT_THAT(world.faults(), testing::IsEmpty()) << "seed " << seed;
  }
}

TEST(DeliveryHistories, EndConsistentlyWithAReliableService) { RunHistories({.fails = false}); }

TEST(DeliveryHistories, EndConsistentlyWithAFailingService) { RunHistories({}); }

TEST(DeliveryHistories, EndConsistentlyInDegradedMode) { RunHistories({.degrades = true}); }

TEST(DeliveryHistories, EndConsistentlyWithBothFormsOfNotices) {
  RunHistories({.notify_via = NotifyVia::kBoth, .degrades = true, .crashes = true});
}

TEST(DeliveryHistories, EndConsistentlyIfSystemNoticesAreDisabled) {
  RunHistories({.notify_via = NotifyVia::kAuto, .crashes = true});
}

TEST(DeliveryHistories, EndConsistentlyWithCrashes) { RunHistories({.crashes = true}); }

TEST(DeliveryHistories, EndConsistentlyWithCrashesInDegradedMode) {
  RunHistories({.degrades = true, .crashes = true});
}

}  // namespace
}  // namespace rtcroom
