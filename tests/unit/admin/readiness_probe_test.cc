#include "daemon/admin/readiness_probe.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class ReadinessProbeTest : public testing::Test {
 protected:
  void ComeBy(bool takes_writes = true) {
    probe_.AskWhenWanted([&]() -> Status {
      ++pings_;
      if (takes_writes) return {};
      return Error{Errc::kStoreBroken, {}};
    });
  }

  FakeClock clock_;
  ReadinessProbe probe_{clock_};
  int pings_ = 0;
};

TEST_F(ReadinessProbeTest, PingsTheStoreOnlyWhenRead) {
  ComeBy();
  EXPECT_EQ(pings_, 0);
  EXPECT_TRUE(probe_.Read());
  ComeBy();
  ComeBy();
  EXPECT_EQ(pings_, 1);
}

TEST_F(ReadinessProbeTest, ReturnsTheLatestResult) {
  EXPECT_TRUE(probe_.Read());
  ComeBy(/*takes_writes=*/false);
  EXPECT_FALSE(probe_.Read());
  ComeBy();
  EXPECT_TRUE(probe_.Read());
}

TEST_F(ReadinessProbeTest, ReportsNotReadyWithoutATimelyResult) {
  EXPECT_TRUE(probe_.Read());
  clock_.Advance(ReadinessProbe::kPatience + 1ms);
  EXPECT_FALSE(probe_.Read());
  ComeBy();
  EXPECT_TRUE(probe_.Read());
}

}  // namespace
}  // namespace rtcroom
