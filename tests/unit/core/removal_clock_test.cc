#include "daemon/core/removal_clock.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class RemovalClockTest : public testing::Test {
 protected:
  /// As many rounds as a server makes in `time`.
  void Run(std::chrono::milliseconds time) {
    for (auto passed = 0ms; passed < time; passed += 2s) {
      clock_.Advance(2s);
      removal_.Round();
    }
  }
  /// The rounds of a process that has been running.
  void Begin() {
    removal_.Begin({.mark = kNoon});
    removal_.Round();
  }

  FakeClock clock_;
  RemovalClock removal_{clock_};
};

TEST_F(RemovalClockTest, FollowsTheWallClock) {
  Begin();
  Run(1h);
  EXPECT_EQ(removal_.Now(), kNoon + 1h);
}

TEST_F(RemovalClockTest, ContinuesFromTheMarkHoweverLongNobodyRan) {
  clock_.Advance(240h);
  Begin();
  EXPECT_EQ(removal_.Now(), kNoon);
  Run(1h);
  EXPECT_EQ(removal_.Now(), kNoon + 2h);
}

TEST_F(RemovalClockTest, BeginsWithTheLatestDateWhereNothingWasRemovedYet) {
  removal_.Begin({.newest = kNoon - 5h});
  EXPECT_EQ(removal_.Now(), kNoon - 5h);
}

TEST_F(RemovalClockTest, BeginsWithTheWallClockWhereAllDatesAreLater) {
  removal_.Begin({.newest = kNoon + 87'660h});
  EXPECT_EQ(removal_.Now(), kNoon);
}

TEST_F(RemovalClockTest, BeginsWithTheWallClockInAnEmptyStore) {
  removal_.Begin({});
  EXPECT_EQ(removal_.Now(), kNoon);
}

TEST_F(RemovalClockTest, AJumpOfSecondsMovesItBySeconds) {
  for (const std::chrono::milliseconds jump : {1h, -1h, 48h, -48h, 87'660h, -87'660h}) {
    Begin();
    const TimePoint before = clock_.Now();
    clock_.JumpWallClock(jump);
    Run(10s);
    EXPECT_LE(removal_.Now(), before + 20s);
    EXPECT_GE(removal_.Now(), before - 20s);
    clock_.JumpWallClock(-jump);
    Run(40s);
    EXPECT_EQ(removal_.Now(), clock_.Now());
    clock_.JumpWallClock(kNoon - clock_.Now());
  }
}

TEST_F(RemovalClockTest, MeetsAWallClockThatWasSetForGood) {
  Begin();
  clock_.JumpWallClock(1h);
  Run(59min);
  EXPECT_LT(removal_.Now(), clock_.Now());
  Run(1min);
  EXPECT_EQ(removal_.Now(), clock_.Now());
  clock_.JumpWallClock(-1h);
  Run(20min);
  EXPECT_EQ(removal_.Now(), clock_.Now());
}

TEST_F(RemovalClockTest, APauseCountsAsNoTime) {
  Begin();
  clock_.JumpWallClock(48h);
  removal_.Pause();
  clock_.Advance(5h);
  removal_.Pause();
  removal_.Round();
  EXPECT_EQ(removal_.Now(), kNoon);
}

TEST_F(RemovalClockTest, CatchesUpWithWhatAnotherProcessHasRemoved) {
  Begin();
  removal_.CatchUp(kNoon + 10s);
  EXPECT_EQ(removal_.Now(), kNoon + 10s);
  removal_.CatchUp(kNoon + 5s);
  EXPECT_EQ(removal_.Now(), kNoon + 10s);
}

TEST_F(RemovalClockTest, ReportsEachJumpOnce) {
  for (const std::chrono::milliseconds jump : {1h, -1h, 192h, -192h}) {
    Begin();
    clock_.JumpWallClock(jump);
    clock_.Advance(2s);
    EXPECT_EQ(removal_.Round(), jump);
    clock_.Advance(2s);
    EXPECT_EQ(removal_.Round(), 0ms);
  }
}

TEST_F(RemovalClockTest, DoesNotReportSmallCorrections) {
  Begin();
  clock_.JumpWallClock(60s);
  EXPECT_EQ(removal_.Round(), 0ms);
  clock_.JumpWallClock(60s + 1ms);
  EXPECT_EQ(removal_.Round(), 60s + 1ms);
}

TEST_F(RemovalClockTest, DatesAreNeverBehindIt) {
  const DatingClock dates(clock_, removal_);
  Begin();
  EXPECT_EQ(dates.Now(), kNoon);
  clock_.JumpWallClock(-48h);
  EXPECT_EQ(dates.Now(), kNoon);
  clock_.JumpWallClock(96h);
  EXPECT_EQ(dates.Now(), kNoon + 48h);
}

}  // namespace
}  // namespace rtcroom
