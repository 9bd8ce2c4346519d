#include "daemon/core/node_lease.h"

#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "tests/support/fake_boot_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class NodeLeaseTest : public testing::Test {
 protected:
  FakeBootClock clock_;
  NodeLease lease_{clock_};
};

TEST_F(NodeLeaseTest, IsCutOffBeforeTheFirstRenewal) { EXPECT_TRUE(lease_.IsCutOff()); }

TEST_F(NodeLeaseTest, LastsFromTheBeginOfTheRenewal) {
  const BootTime began = lease_.Now();
  clock_.Advance(2s);
  lease_.Renew(began);
  clock_.Advance(NodeLease::kTtl - 2s - 1ms);
  EXPECT_FALSE(lease_.IsCutOff());
  clock_.Advance(1ms);
  EXPECT_TRUE(lease_.IsCutOff());
  lease_.Renew(lease_.Now());
  EXPECT_FALSE(lease_.IsCutOff());
}

TEST_F(NodeLeaseTest, ARenewalThatTookLongerThanTheLeaseGivesNothing) {
  const BootTime began = lease_.Now();
  clock_.Advance(NodeLease::kTtl);
  lease_.Renew(began);
  EXPECT_TRUE(lease_.IsCutOff());
}

TEST_F(NodeLeaseTest, CanEndAtOnce) {
  lease_.Renew(lease_.Now());
  lease_.End();
  EXPECT_TRUE(lease_.IsCutOff());
}

TEST_F(NodeLeaseTest, ItsDutiesEndWithIt) {
  lease_.Record({.terms = {std::nullopt, 7, std::nullopt, 0}, .nodes = 3});
  EXPECT_FALSE(lease_.Holds(Duty::kIm)) << "before the first renewal";
  lease_.Renew(lease_.Now());
  EXPECT_FALSE(lease_.Holds(Duty::kReaper));
  EXPECT_TRUE(lease_.Holds(Duty::kIm));
  EXPECT_TRUE(lease_.Holds(Duty::kUpkeep));
  EXPECT_EQ(lease_.nodes(), 3U);
  clock_.Advance(NodeLease::kTtl);
  EXPECT_FALSE(lease_.Holds(Duty::kIm));
}

TEST_F(NodeLeaseTest, ADutyCanEndAlone) {
  lease_.Renew(lease_.Now());
  lease_.Record({.terms = {1, 1, 1, 1}});
  lease_.DropDuty(Duty::kUpkeep);
  EXPECT_FALSE(lease_.Holds(Duty::kUpkeep));
  EXPECT_TRUE(lease_.Holds(Duty::kTrtc));
  EXPECT_TRUE(lease_.Holds(Duty::kReaper));
}

TEST_F(NodeLeaseTest, TrustsAWallClockUntilItIsKnownToBeWrong) {
  EXPECT_TRUE(lease_.TrustsWallClock()) << "before the first renewal";
  lease_.Record({.clock_ahead = -60s - 1ms});
  EXPECT_FALSE(lease_.TrustsWallClock());
  EXPECT_EQ(lease_.ClockAhead(), -60s - 1ms);
  lease_.Record({.clock_ahead = 60s});
  EXPECT_TRUE(lease_.TrustsWallClock());
  lease_.Record({.clock_ahead = 1h, .database_clock_differs = true});
  EXPECT_TRUE(lease_.TrustsWallClock());
}

TEST_F(NodeLeaseTest, KnowsHowLongItHasBeenCutOff) {
  lease_.Renew(lease_.Now());
  EXPECT_EQ(lease_.CutOffFor(), 0ms);
  clock_.Advance(NodeLease::kTtl + 3s);
  EXPECT_EQ(lease_.CutOffFor(), 3s);
}

TEST_F(NodeLeaseTest, KnowsHowLongAgoAllNodesHaveTold) {
  clock_.Advance(4s);
  lease_.Record({.nodes = 2});
  EXPECT_EQ(lease_.ToldAgo(), 4s) << "since its start: some node has told nothing yet";
  lease_.Record({.nodes = 2, .told_ago = 700ms});
  EXPECT_EQ(lease_.ToldAgo(), 700ms);
  clock_.Advance(2s);
  lease_.Record({.nodes = 3});
  EXPECT_EQ(lease_.ToldAgo(), 2700ms) << "another node has come";
  lease_.RenewForGood();
  EXPECT_EQ(lease_.ToldAgo(), 0ms) << "alone";
}

TEST_F(NodeLeaseTest, KnowsWhatAllNodesKnow) {
  EXPECT_FALSE(lease_.AllKnowMarkedTickets() || lease_.AllKnowPlainMessages());
  lease_.Record(*Alone().Renew());
  EXPECT_TRUE(lease_.AllKnowMarkedTickets() && lease_.AllKnowPlainMessages());
  lease_.Record({.nodes = 2});
  EXPECT_FALSE(lease_.AllKnowMarkedTickets() || lease_.AllKnowPlainMessages())
      << "an older one has come";
}

TEST_F(NodeLeaseTest, OfANodeThatIsAloneDoesNotEnd) {
  lease_.RenewForGood();
  clock_.Advance(24h * 365);
  EXPECT_FALSE(lease_.IsCutOff());
  EXPECT_EQ(lease_.CutOffFor(), 0ms);
}

TEST(SystemBootClock, IsNotBehindTheMonotonicClock) {
  const auto monotonic = SystemClock().Monotonic().time_since_epoch();
  EXPECT_GE(SystemBootClock().SinceBoot(), monotonic);
}

}  // namespace
}  // namespace rtcroom
