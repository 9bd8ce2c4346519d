#include "daemon/admin/readiness_check.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class ReadinessCheckTest : public testing::Test {
 protected:
  void ComeBy(bool takes_writes = true) {
    takes_writes_ = takes_writes;
    check_.PingIfRead();
  }

  FakeClock clock_;
  int pings_ = 0;
  bool takes_writes_ = true;
  ReadinessCheck check_{[this]() -> Status {
                          ++pings_;
                          if (takes_writes_) return {};
                          return Error{Errc::kStoreBroken, {}};
                        },
                        clock_};
};

TEST_F(ReadinessCheckTest, PingsTheStoreOnlyWhenRead) {
  ComeBy();
  EXPECT_EQ(pings_, 0);
  EXPECT_TRUE(check_.ReadLatest());
  ComeBy();
  ComeBy();
  EXPECT_EQ(pings_, 1);
}

TEST_F(ReadinessCheckTest, ReturnsTheLatestResult) {
  EXPECT_TRUE(check_.ReadLatest());
  ComeBy(/*takes_writes=*/false);
  EXPECT_FALSE(check_.ReadLatest());
  ComeBy();
  EXPECT_TRUE(check_.ReadLatest());
}

TEST_F(ReadinessCheckTest, ReportsNotReadyWithoutATimelyResult) {
  EXPECT_TRUE(check_.ReadLatest());
  clock_.Advance(ReadinessCheck::kMaxPending + 1ms);
  EXPECT_FALSE(check_.ReadLatest());
  ComeBy();
  EXPECT_TRUE(check_.ReadLatest());
}

TEST_F(ReadinessCheckTest, IsNotReadyWhileDraining) {
  EXPECT_TRUE(check_.BeginDraining());
  EXPECT_FALSE(check_.BeginDraining());
  EXPECT_FALSE(check_.ReadLatest());
  ComeBy();
  EXPECT_FALSE(check_.ReadLatest());
}

}  // namespace
}  // namespace rtcroom
