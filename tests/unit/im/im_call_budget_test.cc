#include "daemon/im/im_call_budget.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using enum GroupCommand;

constexpr MonotonicTime kStart{seconds(1000)};
constexpr std::uint32_t kMost = 200;

/// Number of calls granted at once.
std::uint32_t Granted(ImCallBudget& budget, MonotonicTime now, GroupCommand command = kCreate) {
  std::uint32_t granted = 0;
  while (granted < 2 * kMost && budget.TryTake(command, now)) ++granted;
  return granted;
}

TEST(ImCallBudget, GrantsAtMostTwoHundredCallsPerSecond) {
  ImCallBudget budget;
  std::deque<MonotonicTime> calls;  // of the last second
  std::size_t all = 0;
  for (MonotonicTime now = kStart; now < kStart + seconds(5); now += milliseconds(1)) {
    while (budget.TryTake(kSystemNotice, now)) {
      calls.push_back(now);
      ++all;
    }
    while (!calls.empty() && calls.front() <= now - seconds(1)) calls.pop_front();
    ASSERT_LE(calls.size(), kMost);
  }
  EXPECT_GE(all, 5 * ImCallBudget::kPerSecond);
}

TEST(ImCallBudget, CountsEachCommandSeparately) {
  ImCallBudget budget;
  for (const GroupCommand command : {kCreate, kDestroy, kSystemNotice, kCustomMessage}) {
    EXPECT_EQ(Granted(budget, kStart, command), ImCallBudget::kBurst) << command;
  }
  budget.SlowDown(kDestroy, kStart);
  EXPECT_EQ(budget.PerSecond(kDestroy, kStart), ImCallBudget::kPerSecond / 2);
  EXPECT_EQ(budget.PerSecond(kCreate, kStart), ImCallBudget::kPerSecond);
}

TEST(ImCallBudget, SharesTheCreatesEvenly) {
  ImCallBudget budget;
  budget.ShareCreates(2);
  EXPECT_EQ(budget.PerSecond(kCreate, kStart), ImCallBudget::kPerSecond / 2);
  EXPECT_EQ(Granted(budget, kStart, kCreate), ImCallBudget::kBurst / 2);
  EXPECT_EQ(budget.PerSecond(kDestroy, kStart), ImCallBudget::kPerSecond);
  budget.ShareCreates(100'000);
  EXPECT_EQ(budget.PerSecond(kCreate, kStart), 1U);
}

TEST(ImCallBudget, ReturnsTheTimeOfTheNextFreeCall) {
  ImCallBudget budget;
  EXPECT_EQ(budget.NextFree(kCreate, kStart), kStart);
  MonotonicTime now = kStart;
  Granted(budget, now);
  for (int call = 0; call < 1000; ++call) {
    const MonotonicTime next = budget.NextFree(kCreate, now);
    ASSERT_GT(next, now);
    ASSERT_FALSE(budget.TryTake(kCreate, next - std::chrono::nanoseconds(1)));
    ASSERT_TRUE(budget.TryTake(kCreate, next));
    now = next;
  }
}

TEST(ImCallBudget, ReturnsTheTimeOfTheNextFreeCallWhenSlowed) {
  ImCallBudget budget;
  Granted(budget, kStart);
  for (int complaint = 0; complaint < 4; ++complaint) {
    budget.SlowDown(kCreate, kStart + complaint * ImCallBudget::kMinSlowDownInterval);
  }
  const MonotonicTime now = kStart + 4 * ImCallBudget::kMinSlowDownInterval;
  Granted(budget, now);
  const MonotonicTime next = budget.NextFree(kCreate, now);
  EXPECT_GE(next, now + milliseconds(80));  // 11 a second
  EXPECT_FALSE(budget.TryTake(kCreate, next - std::chrono::nanoseconds(1)));
  EXPECT_TRUE(budget.TryTake(kCreate, next));
}

TEST(ImCallBudget, HalvesTheRateOncePerBurstOfComplaints) {
  ImCallBudget budget;
  for (int complaint = 0; complaint < 50; ++complaint) {
    budget.SlowDown(kCreate, kStart + milliseconds(complaint));
  }
  EXPECT_EQ(budget.PerSecond(kCreate, kStart + milliseconds(50)), ImCallBudget::kPerSecond / 2);
}

TEST(ImCallBudget, HalvesTheRateDownToAMinimum) {
  ImCallBudget budget;
  MonotonicTime now = kStart;
  std::uint32_t rate = ImCallBudget::kPerSecond;
  for (int complaint = 0; complaint < ImCallBudget::kMaxHalvings; ++complaint) {
    budget.SlowDown(kCreate, now);
    rate /= 2;
    EXPECT_EQ(budget.PerSecond(kCreate, now), rate);
    now += ImCallBudget::kMinSlowDownInterval;
  }
  for (int complaint = 0; complaint < 20; ++complaint) {
    budget.SlowDown(kCreate, now);
    now += ImCallBudget::kMinSlowDownInterval;
  }
  EXPECT_EQ(budget.PerSecond(kCreate, now), 2u);
  EXPECT_EQ(Granted(budget, now), 1u);
}

TEST(ImCallBudget, RecoversStepByStep) {
  ImCallBudget budget;
  budget.SlowDown(kCreate, kStart);
  budget.SlowDown(kCreate, kStart + seconds(2));
  const MonotonicTime last = kStart + seconds(2);
  EXPECT_EQ(budget.PerSecond(kCreate, last), ImCallBudget::kPerSecond / 4);
  EXPECT_EQ(budget.PerSecond(kCreate, last + ImCallBudget::kRecovery - milliseconds(1)),
            ImCallBudget::kPerSecond / 4);
  EXPECT_EQ(budget.PerSecond(kCreate, last + ImCallBudget::kRecovery),
            ImCallBudget::kPerSecond / 2);
  EXPECT_EQ(budget.PerSecond(kCreate, last + 2 * ImCallBudget::kRecovery),
            ImCallBudget::kPerSecond);
  EXPECT_EQ(budget.PerSecond(kCreate, last + std::chrono::hours(1)), ImCallBudget::kPerSecond);
  // Undone halvings do not count at the next kTooFast.
  budget.SlowDown(kCreate, last + std::chrono::hours(1));
  EXPECT_EQ(budget.PerSecond(kCreate, last + std::chrono::hours(1)), ImCallBudget::kPerSecond / 2);
}

TEST(ImCallBudget, GrantsNoMoreUnderConcurrency) {
  ImCallBudget budget;
  std::atomic<std::uint32_t> granted{0};
  {
    std::vector<std::jthread> callers;
    callers.reserve(8);
    for (int caller = 0; caller < 8; ++caller) {
      callers.emplace_back([&] {
        for (int call = 0; call < 100; ++call) {
          if (budget.TryTake(kCreate, kStart)) ++granted;
        }
      });
    }
  }
  EXPECT_EQ(granted, ImCallBudget::kBurst);
}

}  // namespace
}  // namespace rtcroom
