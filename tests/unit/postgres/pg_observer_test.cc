// What a store that others share reports to its observer.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "daemon/core/node_lease.h"
#include "storage/postgres/pg_cluster.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::microseconds;

/// @threads safe from any thread.
class Reports : public StoreObserver {
 public:
  void OnCommitBegun() noexcept override {}
  void OnCommitEnded(const CommitStats& /*stats*/) noexcept override {}
  void OnWriteConfirmed() noexcept override { ++confirmed; }
  void OnTurn(microseconds waited) noexcept override {
    ++turns;
    last_wait_us = waited.count();
  }
  void OnSecondTry() noexcept override { ++second_tries; }
  void OnFenced() noexcept override { ++fenced; }
  void OnHeard(microseconds lag) noexcept override {
    ++heard;
    last_lag_us = lag.count();
  }
  void OnConnect(ConnectOutcome outcome) noexcept override {
    if (outcome == ConnectOutcome::kConnected) ++connected;
  }

  std::atomic<int> confirmed = 0;
  std::atomic<int> turns = 0;
  std::atomic<int> second_tries = 0;
  std::atomic<int> fenced = 0;
  std::atomic<int> heard = 0;
  std::atomic<int> connected = 0;
  std::atomic<microseconds::rep> last_wait_us = 0;
  std::atomic<microseconds::rep> last_lag_us = 0;
};

class PgObserverTest : public PgStoreTest {
 protected:
  [[nodiscard]] PgOptions Observed() {
    PgOptions options = Patient(url_);
    options.observer = &reports_;
    return options;
  }

  const MonotonicTime begun_ = clock_.Monotonic();
  Reports reports_;
  std::unique_ptr<PgStore> store_ = Open(Observed());
  std::unique_ptr<PgStore> other_ = OpenPatient();
};

TEST_F(PgObserverTest, ReportsHowLongAGroupHasWaitedForItsTurn) {
  ASSERT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  EXPECT_EQ(reports_.turns, 1);
  const auto holder = MakeHolding(kHoldTurn);
  MonotonicTime::duration held{};
  {
    const std::jthread writing([&] { EXPECT_OK(Apply(*store_, Adding(kR1, "u"))); });
    EXPECT_TRUE(
        Eventually([&] { return CountRows("SELECT 1 FROM pg_locks WHERE NOT granted") > 0; }));
    const MonotonicTime seen = clock_.Monotonic();
    Execute("SELECT 1");
    held = clock_.Monotonic() - seen;
    ASSERT_OK(holder->Run(PgCall(kPgRollback), Soon()));
  }
  EXPECT_EQ(reports_.turns, 2);
  EXPECT_GE(microseconds(reports_.last_wait_us), held);
  EXPECT_EQ(reports_.second_tries, 0);
}

TEST_F(PgObserverTest, ReportsConfirmedWrites) {
  EXPECT_ERROR(kRoomNotFound, Apply(*store_, Adding(kR1, "u")));
  EXPECT_EQ(reports_.confirmed, 0) << "nothing was written";
  ASSERT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  EXPECT_EQ(reports_.confirmed, 1);
  EXPECT_OK(store_->Ping());
  EXPECT_EQ(reports_.confirmed, 2);
}

TEST_F(PgObserverTest, ReportsAGroupThatIsTriedAgain) {
  ASSERT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  const RoomUpdate mine = Interrupted(Adding(kR1, "mine"), [&](int run) {
    if (run > 1) return;
    EXPECT_OK(Apply(*other_, Adding(kR1, "theirs")));
  });
  ASSERT_OK(Apply(*store_, mine));
  EXPECT_EQ(reports_.second_tries, 1);
  EXPECT_EQ(reports_.fenced, 0);
}

TEST_F(PgObserverTest, ReportsThatTheOthersHaveGivenItUp) {
  Execute("DELETE FROM nodes");
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Creating(MultiRoom("r1"))));
  const int fenced = reports_.fenced;
  EXPECT_GT(fenced, 0);
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Creating(MultiRoom("r1"))));
  EXPECT_GT(reports_.fenced, fenced);
}

TEST_F(PgObserverTest, ReportsHowLateItHearsOfWhatOthersWrite) {
  ASSERT_OK(Apply(*other_, Creating(MultiRoom("r1"))));
  EXPECT_TRUE(Eventually([&] { return reports_.heard > 0; }));
  EXPECT_GT(reports_.last_lag_us, 0);
  EXPECT_LE(microseconds(reports_.last_lag_us), clock_.Monotonic() - begun_);
}

TEST_F(PgObserverTest, ReportsThatItConnectsAgain) {
  EXPECT_TRUE(Eventually([&] { return store_->follower()->CatchUp(Soon()).ok(); }));
  const int before = reports_.connected;
  EXPECT_GE(before, 2) << "those that write and follow";
  EndConnections();
  EXPECT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
  EXPECT_TRUE(Eventually([&] { return reports_.connected >= before + 2; }));
}

TEST_F(PgObserverTest, ReportsTheConnectionThatKeepsAPlaceAmongTheNodes) {
  const FakeBootClock boot;
  NodeLease lease(boot);
  Reports reports;
  PgCluster cluster(
      *PgAddress::Parse(url_),
      {.node = 9, .patience = std::chrono::minutes(1), .pace = {.observer = &reports}}, lease,
      clock_);
  ASSERT_OK(cluster.Renew());
  EXPECT_EQ(reports.connected, 1);
  ASSERT_OK(cluster.ListNodes());
  EXPECT_EQ(reports.connected, 2);
}

}  // namespace
}  // namespace rtcroom
