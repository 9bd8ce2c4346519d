// The threads that run blocking requests.
#include "daemon/http/worker_pool.h"

#include <atomic>
#include <latch>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;
using Urgency = WorkerPool::Urgency;

/// A pool of one thread that stays busy until the test releases it.
class BusyWorkerPool : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(pool_.TrySubmit(Urgency::kNormal, [this] {
      busy_.count_down();
      may_go_on_.wait();
    }));
    busy_.wait();
  }
  void TearDown() override {
    if (!may_go_on_.try_wait()) may_go_on_.count_down();
  }

  static constexpr std::size_t kCapacity = 3;
  std::latch busy_{1};
  std::latch may_go_on_{1};
  WorkerPool pool_{1, kCapacity};
};

TEST_F(BusyWorkerPool, RunsUrgentTasksFirstAndEachKindInItsOrder) {
  std::vector<int> order;
  std::latch all(4);
  const auto note = [&](int which) {
    return [&, which] {
      order.push_back(which);
      all.count_down();
    };
  };
  ASSERT_TRUE(pool_.TrySubmit(Urgency::kNormal, note(3)));
  ASSERT_TRUE(pool_.TrySubmit(Urgency::kNormal, note(4)));
  ASSERT_TRUE(pool_.TrySubmit(Urgency::kUrgent, note(1)));
  ASSERT_TRUE(pool_.TrySubmit(Urgency::kUrgent, note(2)));
  may_go_on_.count_down();
  all.wait();
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 4));
}

TEST_F(BusyWorkerPool, BoundsTheQueueOfEachUrgency) {
  std::latch all(2 * kCapacity);
  const auto task = [&] { all.count_down(); };
  for (const Urgency urgency : {Urgency::kNormal, Urgency::kUrgent}) {
    for (std::size_t i = 0; i < kCapacity; ++i) EXPECT_TRUE(pool_.TrySubmit(urgency, task));
    EXPECT_FALSE(pool_.TrySubmit(urgency, [] { FAIL() << "was refused"; }));
  }
  EXPECT_EQ(pool_.waiting(), 2 * kCapacity);
  may_go_on_.count_down();
  all.wait();
}

TEST(WorkerPool, RunsAcceptedTasksBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool(4, 1000);
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(pool.TrySubmit(Urgency::kNormal, [&] { ++ran; }));
    }
  }
  EXPECT_EQ(ran, 1000);
}

}  // namespace
}  // namespace rtcroom
