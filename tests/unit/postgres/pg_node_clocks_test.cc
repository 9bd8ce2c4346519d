// Whose clock is wrong, and whose report is left behind for too long.
#include <vector>

#include <gmock/gmock.h>

#include "storage/postgres/pg_nodes.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::int64_t Ms(TimePoint time) { return time.time_since_epoch().count(); }

TEST(PgNodeClocks, TheTimeOfTheNetworkIsNoDifference) {
  EXPECT_EQ(PgNodeClocks::Difference(kNoon, kNoon + 3s, Ms(kNoon)), 0ms);
  EXPECT_EQ(PgNodeClocks::Difference(kNoon, kNoon + 3s, Ms(kNoon + 3s)), 0ms);
  EXPECT_EQ(PgNodeClocks::Difference(kNoon, kNoon + 3s, Ms(kNoon + 63s)), -60s + 1ms);
  EXPECT_EQ(PgNodeClocks::Difference(kNoon, kNoon + 3s, Ms(kNoon - 60s)), 60s);
}

TEST(PgNodeClocks, RoundingIsNoDifference) {
  EXPECT_EQ(PgNodeClocks::Difference(kNoon, kNoon, Ms(kNoon + 1ms)), 0ms);
}

TEST(PgNodeClocks, AClockThatIsSetBackMeanwhileHasOneOfItsDifferences) {
  EXPECT_EQ(PgNodeClocks::Difference(kNoon + 1h, kNoon, Ms(kNoon)), 1ms);
}

PgNodeClocks ClocksOf(const std::vector<PgNodeClocks::Report>& reports) {
  PgNodeClocks clocks;
  std::uint64_t node = 0;
  for (const PgNodeClocks::Report& report : reports) clocks.Put(++node, report);
  return clocks;
}

TEST(PgNodeClocks, ANodeIsTrustedUpToAMinute) {
  const PgNodeClocks clocks =
      ClocksOf({{"a", 60s}, {"b", 60s + 1ms}, {"c", -60s}, {"d", -60s - 1ms}});
  EXPECT_TRUE(clocks.Trusts(1));
  EXPECT_FALSE(clocks.Trusts(2));
  EXPECT_TRUE(clocks.Trusts(3));
  EXPECT_FALSE(clocks.Trusts(4));
  EXPECT_TRUE(clocks.Trusts(5)) << "it has reported nothing";
  EXPECT_FALSE(clocks.DatabaseDiffers());
}

TEST(PgNodeClocks, TheDatabaseIsWrongWhereMachinesAgreeOnAnotherTime) {
  PgNodeClocks clocks = ClocksOf({{"a", 1h}, {"b", 1h + 60s}});
  EXPECT_TRUE(clocks.DatabaseDiffers());
  EXPECT_TRUE(clocks.Trusts(1));
  EXPECT_TRUE(clocks.Trusts(2));
  clocks.Erase(2);
  EXPECT_FALSE(clocks.DatabaseDiffers());
  EXPECT_FALSE(clocks.Trusts(1));
}

TEST(PgNodeClocks, TheDatabaseIsRightWhereOneNodeAgreesWithIt) {
  EXPECT_FALSE(ClocksOf({{"a", 1h}, {"b", 1h}, {"c", 59s}}).DatabaseDiffers());
}

TEST(PgNodeClocks, NodesThatDisagreeProveNothing) {
  EXPECT_FALSE(ClocksOf({{"a", 1h}, {"b", 1h + 60s + 1ms}}).DatabaseDiffers());
  EXPECT_FALSE(ClocksOf({{"a", 61s}, {"b", -61s}}).DatabaseDiffers());
}

TEST(PgNodeClocks, NodesOfOneMachineAgreeForNoReason) {
  EXPECT_FALSE(ClocksOf({{"a", 1h}, {"a", 1h}}).DatabaseDiffers());
  EXPECT_FALSE(ClocksOf({{"", 1h}, {"", 1h}}).DatabaseDiffers());
  EXPECT_FALSE(ClocksOf({}).DatabaseDiffers());
}

class PgLeftReportsTest : public testing::Test {
 protected:
  std::vector<std::uint64_t> Outdated(const std::vector<std::uint64_t>& left) {
    return reports_.Observe(left, clock_.Monotonic(), 10min);
  }

  FakeClock clock_;
  PgLeftReports reports_;
};

TEST_F(PgLeftReportsTest, AreOutdatedAfterTheTimeAndNotBefore) {
  EXPECT_THAT(Outdated({1}), IsEmpty());
  clock_.Advance(1s);
  EXPECT_THAT(Outdated({1, 2}), IsEmpty());
  clock_.Advance(10min - 1s - 1ms);
  EXPECT_THAT(Outdated({1, 2}), IsEmpty());
  clock_.Advance(1ms);
  EXPECT_THAT(Outdated({1, 2}), ElementsAre(1));
  EXPECT_THAT(Outdated({1, 2}), ElementsAre(1)) << "it could not be removed";
  clock_.Advance(1s);
  EXPECT_THAT(Outdated({2}), ElementsAre(2));
}

TEST_F(PgLeftReportsTest, OfANodeThatCameBackCountAnew) {
  EXPECT_THAT(Outdated({1}), IsEmpty());
  clock_.Advance(9min);
  EXPECT_THAT(Outdated({}), IsEmpty());
  EXPECT_THAT(Outdated({1}), IsEmpty());
  clock_.Advance(9min);
  EXPECT_THAT(Outdated({1}), IsEmpty());
  clock_.Advance(1min);
  EXPECT_THAT(Outdated({1}), ElementsAre(1));
}

TEST_F(PgLeftReportsTest, CountAnewAfterATimeThatNobodySaw) {
  EXPECT_THAT(Outdated({1}), IsEmpty());
  clock_.Advance(10min);
  reports_.Forget();
  EXPECT_THAT(Outdated({1}), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
