#include "daemon/base/thread_pool.h"

#include <atomic>
#include <latch>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Urgency = ThreadPool::Urgency;

/// A pool of one thread that stays busy until the test releases it.
class BusyThreadPool : public testing::Test {
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

  static constexpr std::size_t kMaxWaiting = 3;
  std::latch busy_{1};
  std::latch may_go_on_{1};
  ThreadPool pool_{1, kMaxWaiting};
};

TEST_F(BusyThreadPool, RunsUrgentTasksFirstAndEachKindInItsOrder) {
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

TEST_F(BusyThreadPool, BoundsTheQueueOfEachUrgency) {
  std::latch all(2 * kMaxWaiting);
  const auto task = [&] { all.count_down(); };
  for (const Urgency urgency : {Urgency::kNormal, Urgency::kUrgent}) {
    for (std::size_t i = 0; i < kMaxWaiting; ++i) EXPECT_TRUE(pool_.TrySubmit(urgency, task));
    EXPECT_FALSE(pool_.TrySubmit(urgency, [] { FAIL() << "a refused task ran"; }));
  }
  EXPECT_EQ(pool_.waiting(), 2 * kMaxWaiting);
  may_go_on_.count_down();
  all.wait();
}

TEST(ThreadPool, RunsAcceptedTasksBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool(4, 1000);
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(pool.TrySubmit(Urgency::kNormal, [&] { ++ran; }));
    }
  }
  EXPECT_EQ(ran, 1000);
}

TEST_F(BusyThreadPool, ReturnsTheWaitingTasksWhenClosed) {
  std::vector<int> order;
  ASSERT_TRUE(pool_.TrySubmit(Urgency::kNormal, [&] { order.push_back(2); }));
  ASSERT_TRUE(pool_.TrySubmit(Urgency::kUrgent, [&] { order.push_back(1); }));
  const std::vector<ThreadPool::Task> waiting = pool_.Close();
  EXPECT_EQ(pool_.waiting(), 0U);
  EXPECT_FALSE(pool_.TrySubmit(Urgency::kUrgent, [] { FAIL() << "was refused"; }));
  may_go_on_.count_down();
  pool_.Stop();
  pool_.Stop();
  EXPECT_THAT(order, IsEmpty());
  for (const ThreadPool::Task& task : waiting) task();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

}  // namespace
}  // namespace rtcroom
