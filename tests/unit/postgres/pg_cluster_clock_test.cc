// What nodes report of their clocks and of the log, and what follows for the work by a wall clock.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "storage/postgres/pg_cluster.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/postgres_stores.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

/// Answers take less than what it is above the allowed difference.
constexpr std::chrono::milliseconds kWrong = 1h;
/// Less than half of the time after which a node is given up.
constexpr std::chrono::milliseconds kRoundTime = 3s;
constexpr std::chrono::milliseconds kKept = 10s;

/// The machine's wall clock plus what a test adds, and a monotonic clock that only the test moves.
class NodeClock : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override { return SystemClock().Now() + wall_shift; }
  [[nodiscard]] MonotonicTime Monotonic() const override { return monotonic_.Monotonic(); }
  void Pass(std::chrono::milliseconds time) { monotonic_.Advance(time); }
  std::chrono::milliseconds wall_shift{0};  ///< read by the thread that renews

 private:
  FakeClock monotonic_;
};

class PgClusterClockTest : public PostgresTest {
 protected:
  struct Node {
    Node(const Secret& url, std::uint64_t number)
        : cluster(*PgAddress::Parse(url),
                  {.node = number,
                   .name = fmt::format("node{}", number),
                   .patience = 1min,
                   .pace = {.pause = 10ms, .give_up = 1min},
                   .applied = [this] { return applied; },
                   .keeps_left_reports = kKept},
                  lease, clock) {}

    NodeStanding Renew() {
      const Result<NodeStanding> standing = cluster.Renew();
      EXPECT_OK(standing);
      return standing ? *standing : NodeStanding{};
    }
    NodeStanding RenewLater(std::chrono::milliseconds by) {
      clock.Pass(by);
      return Renew();
    }
    void Leave() { EXPECT_OK(cluster.Leave()); }

    NodeClock clock;
    FakeBootClock boot;
    NodeLease lease{boot};
    std::uint64_t applied = 0;
    PgCluster cluster;
  };

  PgClusterClockTest() : PostgresTest(UrlOfEmptiedStore()) {}

  [[nodiscard]] std::int64_t Reported(std::string_view column, std::uint64_t node) const {
    return Number(fmt::format("SELECT {} FROM reports WHERE node = {}", column, node));
  }
  [[nodiscard]] bool HasReported(std::uint64_t node) const {
    return CountRows(fmt::format("SELECT 1 FROM reports WHERE node = {}", node)) == 1;
  }
  /// @param wrong  renews first.
  static void ExpectThatTheOtherKeepsUp(Node& wrong, Node& right) {
    wrong.clock.wall_shift = kWrong;
    EXPECT_FALSE(wrong.Renew().Holds(Duty::kUpkeep));
    EXPECT_TRUE(right.Renew().Holds(Duty::kUpkeep));
  }

  Node one_{url_, 1};
  Node two_{url_, 2};
};

TEST_F(PgClusterClockTest, ARightClockDoesNotDiffer) {
  EXPECT_EQ(one_.Renew().clock_ahead, 0ms);
  EXPECT_TRUE(one_.Renew().TrustsWallClock());
  EXPECT_EQ(Reported("clock_ms", 1), 0);
}

TEST_F(PgClusterClockTest, ANodeReportsByHowMuchItsClockDiffers) {
  one_.clock.wall_shift = kWrong;
  two_.clock.wall_shift = -kWrong;
  const NodeStanding ahead = one_.Renew();
  const NodeStanding behind = two_.Renew();
  EXPECT_LE(ahead.clock_ahead, kWrong);
  EXPECT_GT(ahead.clock_ahead, kWrong / 2);
  EXPECT_GE(behind.clock_ahead, -kWrong);
  EXPECT_LT(behind.clock_ahead, -kWrong / 2);
  EXPECT_GT(Reported("clock_ms", 1), (kWrong / 2).count());
  EXPECT_LT(Reported("clock_ms", 2), (-kWrong / 2).count());
  one_.clock.wall_shift = 0ms;
  EXPECT_EQ(one_.Renew().clock_ahead, 0ms);
}

TEST_F(PgClusterClockTest, ANodeReportsWithEachRoundHowMuchOfTheLogItHasApplied) {
  one_.applied = 41;
  one_.Renew();
  EXPECT_EQ(Reported("applied", 1), 41);
  one_.applied = 42;
  one_.Renew();
  EXPECT_EQ(Reported("applied", 1), 42);
}

TEST_F(PgClusterClockTest, ANodeWithAWrongClockTakesAllDutiesButTheUpkeep) {
  one_.clock.wall_shift = -kWrong;
  const NodeStanding standing = one_.Renew();
  EXPECT_FALSE(standing.TrustsWallClock());
  for (const Duty duty : kAllDuties) {
    EXPECT_EQ(standing.Holds(duty), duty != Duty::kUpkeep) << DutyName(duty);
  }
  one_.clock.wall_shift = 0ms;
  EXPECT_TRUE(one_.Renew().Holds(Duty::kUpkeep));
}

TEST_F(PgClusterClockTest, TheUpkeepDoesNotWaitForANodeWithAWrongClock) {
  ExpectThatTheOtherKeepsUp(one_, two_);
}

TEST_F(PgClusterClockTest, WhicheverNodeItWouldBeOtherwise) {
  ExpectThatTheOtherKeepsUp(two_, one_);
}

TEST_F(PgClusterClockTest, TheUpkeepMovesWhenTheClockOfItsHolderBecomesWrong) {
  const NodeStanding before = one_.Renew();
  one_.lease.Record(before);
  two_.Renew();
  one_.clock.wall_shift = kWrong;
  for (int round = 0; round < PgCluster::kReportsLag; ++round) {
    const NodeStanding standing = one_.Renew();
    EXPECT_TRUE(standing.Holds(Duty::kUpkeep)) << "it may be the database's";
    EXPECT_FALSE(standing.TrustsWallClock());
  }
  const NodeStanding after = one_.Renew();
  EXPECT_FALSE(after.Holds(Duty::kUpkeep));
  EXPECT_EQ(after.TermOf(Duty::kReaper), before.TermOf(Duty::kReaper));
  EXPECT_FALSE(one_.lease.Holds(Duty::kUpkeep)) << "it ends before another node can have it";
  EXPECT_TRUE(one_.lease.Holds(Duty::kReaper));
  EXPECT_EQ(two_.Renew().TermOf(Duty::kUpkeep), 2U);
  one_.clock.wall_shift = 0ms;
  EXPECT_FALSE(one_.Renew().Holds(Duty::kUpkeep)) << "the other one keeps it";
}

TEST_F(PgClusterClockTest, NobodyGivesUpTheUpkeepWhenTheClockOfTheDatabaseIsSet) {
  one_.Renew();
  two_.Renew();
  one_.clock.wall_shift = kWrong;
  two_.clock.wall_shift = kWrong;
  for (int round = 0; round < PgCluster::kReportsLag; ++round) {
    EXPECT_EQ(one_.Renew().TermOf(Duty::kUpkeep), 1U);
    two_.Renew();
  }
  const NodeStanding standing = one_.Renew();
  EXPECT_TRUE(standing.database_clock_differs);
  EXPECT_EQ(standing.TermOf(Duty::kUpkeep), 1U);
}

TEST_F(PgClusterClockTest, NobodyGivesUpTheUpkeepForAWrongClockOfTheDatabase) {
  one_.clock.wall_shift = kWrong;
  two_.clock.wall_shift = kWrong + 10s;
  EXPECT_FALSE(one_.Renew().database_clock_differs) << "it is alone";
  const NodeStanding second = two_.Renew();
  EXPECT_TRUE(second.database_clock_differs);
  EXPECT_TRUE(second.TrustsWallClock());
  const NodeStanding first = one_.Renew();
  EXPECT_TRUE(first.database_clock_differs);
  const std::string holder = "SELECT node FROM duties WHERE name = 'upkeep'";
  two_.Renew();
  const std::int64_t held_by = Number(holder);
  EXPECT_GT(held_by, 0);
  one_.Renew();
  two_.Renew();
  EXPECT_EQ(Number(holder), held_by);
}

TEST_F(PgClusterClockTest, NodesWithDifferentWrongClocksDoNoUpkeep) {
  one_.clock.wall_shift = kWrong;
  two_.clock.wall_shift = 3 * kWrong;
  for (int round = 0; round < 2; ++round) {
    for (Node* node : {&one_, &two_}) {
      const NodeStanding standing = node->Renew();
      EXPECT_FALSE(standing.TrustsWallClock());
      EXPECT_FALSE(standing.Holds(Duty::kUpkeep));
    }
  }
  EXPECT_NE(one_.Renew().keeps_bounds, two_.Renew().keeps_bounds) << "one of them";
  two_.clock.wall_shift = 0ms;
  EXPECT_FALSE(two_.Renew().keeps_bounds) << "it has the upkeep";
  EXPECT_FALSE(one_.Renew().keeps_bounds);
}

TEST_F(PgClusterClockTest, ANodeThatReportsNothingProvesNothing) {
  two_.clock.wall_shift = kWrong;
  two_.Renew();
  Execute("DELETE FROM reports WHERE node = 2");  // as if it were of the version before
  one_.clock.wall_shift = kWrong;
  EXPECT_FALSE(one_.Renew().database_clock_differs);
}

TEST_F(PgClusterClockTest, ANodeThatLeavesTakesItsReportAlong) {
  one_.Renew();
  two_.Renew();
  one_.Leave();
  EXPECT_FALSE(HasReported(1));
  EXPECT_TRUE(HasReported(2));
}

TEST_F(PgClusterClockTest, TheReportOfANodeThatIsGoneStaysForATime) {
  one_.Renew();  // has the upkeep
  two_.Renew();
  while (one_.RenewLater(kRoundTime).nodes == 2) EXPECT_TRUE(HasReported(2));
  for (auto gone_for = 0ms; gone_for < kKept; gone_for += kRoundTime) {
    one_.RenewLater(kRoundTime);
    EXPECT_TRUE(HasReported(2)) << gone_for.count() << " ms";
  }
  one_.RenewLater(kRoundTime);
  EXPECT_FALSE(HasReported(2));
  EXPECT_TRUE(HasReported(1));
}

TEST_F(PgClusterClockTest, OnlyWhoeverHasTheUpkeepRemovesReports) {
  one_.Renew();
  Execute("INSERT INTO reports VALUES (9, 5, 0)");
  for (auto time = 0ms; time < 2 * kKept; time += kRoundTime) {
    one_.Renew();  // it lives, and no time passes there
    EXPECT_FALSE(two_.RenewLater(kRoundTime).Holds(Duty::kUpkeep));
  }
  one_.Leave();
  EXPECT_TRUE(two_.Renew().Holds(Duty::kUpkeep));
  EXPECT_TRUE(HasReported(9)) << "it counts from then on";
  for (auto time = 0ms; time < kKept; time += kRoundTime) two_.RenewLater(kRoundTime);
  EXPECT_FALSE(HasReported(9));
}

}  // namespace
}  // namespace rtcroom
