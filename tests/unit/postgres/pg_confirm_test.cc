// Which commits tell that a host is the primary.
#include "storage/postgres/pg_confirm.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "storage/postgres/pg_cluster.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_history.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/postgres/pg_rooms.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/unit/postgres/pg_tables_fixture.h"

namespace rtcroom {
namespace {

/// One server that is two hosts.
class PgConfirmTest : public PgTablesTest {
 protected:
  PgConfirmTest() {
    EXPECT_OK(first_->Connect(Soon()));
    EXPECT_OK(second_->Connect(Soon()));
    EXPECT_FALSE(second_->Run(PgCall(kEndMe), Soon()));
    EXPECT_OK(second_->Connect(Soon()));
    EXPECT_EQ(first_->PeerName(), NameOf(first_host_));
    EXPECT_EQ(second_->PeerName(), NameOf(second_host_));
  }

  static std::string NameOf(const CuttingProxy& host) {
    return fmt::format("127.0.0.1:{}", host.port());
  }
  PgAddress AddressOfBoth(PgReportedHost* known = nullptr) const {
    return *PgAddress::Parse(
        WithHosts(url_, fmt::format("{},{}", NameOf(first_host_), NameOf(second_host_))), known);
  }
  std::unique_ptr<PgConnection> MakeOfBoth() { return MakeOf(address_); }
  std::unique_ptr<PgConnection> MakeOf(const PgAddress& address) {
    return std::make_unique<PgConnection>(address, PgSettings{.statements = all_}, still_);
  }
  /// What is seen is at the first host only.
  PgHostCheck FirstHolds() {
    return [this](PgConnection& connection, MonotonicTime) -> Result<bool> {
      ++asked_;
      return connection.PeerName() == NameOf(first_host_);
    };
  }
  /// Whether that connection takes its host for the primary.
  bool Stays(PgConnection& connection) {
    return connection.Run(PgCall(PgStatement{.sql = "SELECT 1"}), Soon()).ok();
  }

  static constexpr std::uint64_t kMark = 7;
  const std::vector<PgStatement> all_ =
      JoinStatements({PgReaderPool::Statements(), PgHistory::Statements(), std::array{kEndMe}});
  const CuttingProxy first_host_{SharedPostgres().port()};
  const CuttingProxy second_host_{SharedPostgres().port()};
  const PgAddress address_ = AddressOfBoth();
  const std::unique_ptr<PgConnection> first_ = MakeOfBoth();
  const std::unique_ptr<PgConnection> second_ = MakeOfBoth();
  int asked_ = 0;  ///< whether a host has what is seen
};

TEST_F(PgConfirmTest, ACommitThatHasLockedAMarkLetsTheOthersLeaveOtherHosts) {
  ASSERT_OK(second_->RunConfirming(pg::Confirm(kMark), Soon()));
  EXPECT_FALSE(Stays(*first_));
  EXPECT_TRUE(Stays(*second_));
  ASSERT_OK(first_->Connect(Soon()));
  EXPECT_EQ(first_->PeerName(), NameOf(second_host_));
}

// An old primary answers it as before.
TEST_F(PgConfirmTest, WhatOnlyReadsConfirmsNothing) {
  AddRoom(1);
  EXPECT_OK(pg::ScanRooms(*second_, PgScanOf::kRooms, PgSnapshotOf::kCall, 0, 10, Soon()));
  EXPECT_OK(pg::LoadRooms(*second_, std::array{std::string_view("r1")}, Soon()));
  EXPECT_OK(pg::ReadEvents(*second_, Cursor::Start(), 10, Soon()));
  EXPECT_OK(pg::Newest(*second_, Soon()));
  SystemRandom random;
  PgHistory history("00c0ffee00c0ffee", random, {});
  EXPECT_OK(history.Check(*second_, {}, Soon()));
  EXPECT_OK(second_->Run(std::array{PgCall(kPgBegin), PgCall(kPgCommit)}, Soon()));
  EXPECT_TRUE(Stays(*first_));
}

TEST_F(PgConfirmTest, WhatFailsConfirmsNothing) {
  EXPECT_FALSE(second_->RunConfirming(
      std::array{PgCall(PgStatement{.sql = "SELECT 1 / (SELECT count(*) FROM rooms)"})}, Soon()));
  EXPECT_TRUE(second_->connected());
  EXPECT_TRUE(Stays(*first_));
}

// So a start that goes on is not led for ever to an old primary that is the first host.
TEST_F(PgConfirmTest, AnAddressBeginsWhereAnEarlierOneHasConfirmedAndAfterALossWithTheNext) {
  PgReportedHost known;
  const auto begin = [&] {
    auto connection = MakeOf(AddressOfBoth(&known));
    EXPECT_OK(connection->Connect(Soon()));
    return connection;
  };
  const auto unconfirmed = begin();
  EXPECT_EQ(unconfirmed->PeerName(), NameOf(first_host_));
  EXPECT_FALSE(unconfirmed->RunConfirming(std::array{PgCall(kEndMe)}, Soon()));
  const auto confirmed = begin();
  EXPECT_EQ(confirmed->PeerName(), NameOf(second_host_));
  EXPECT_OK(unconfirmed->Connect(Soon()));
  EXPECT_FALSE(unconfirmed->Run(PgCall(kEndMe), Soon()));
  EXPECT_EQ(begin()->PeerName(), NameOf(first_host_));
  EXPECT_OK(confirmed->RunConfirming(pg::Confirm(kMark), Soon()));
  EXPECT_EQ(begin()->PeerName(), NameOf(second_host_));
}

// A commit that waits for a standby in vain ends as a lost connection.
TEST_F(PgConfirmTest, AHostThatWasLostIsNotLeftTwice) {
  const auto connection = MakeOf(AddressOfBoth());
  ASSERT_OK(connection->Connect(Soon()));
  EXPECT_FALSE(connection->Run(PgCall(kEndMe), Soon()));
  connection->Leave();
  ASSERT_OK(connection->Connect(Soon()));
  EXPECT_EQ(connection->PeerName(), NameOf(second_host_));
}

TEST_F(PgConfirmTest, AReaderLeavesAHostThatLacksWhatIsSeen) {
  PgReaderPool readers(address_, {.patience = std::chrono::minutes(1), .holds = FirstHolds()},
                       clock_);
  const auto peer = [&] {
    return *readers.Run([](PgConnection& connection, MonotonicTime) -> Result<std::string> {
      return connection.PeerName();
    });
  };
  EXPECT_EQ(peer(), NameOf(first_host_));
  EXPECT_EQ(asked_, 2) << "the other one was reached last";
  EXPECT_EQ(peer(), NameOf(first_host_));
  EXPECT_EQ(asked_, 3) << "more may be seen, and it has confirmed nothing";
  ASSERT_OK(first_->RunConfirming(pg::Confirm(kMark), Soon()));
  for (int read = 0; read < 3; ++read) EXPECT_EQ(peer(), NameOf(first_host_));
  EXPECT_EQ(asked_, 4) << "what is seen from now on is there";
}

TEST_F(PgConfirmTest, ANodeAsksAHostAboutTheOthersThatHoldsWhatIsSeen) {
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(address_,
                    {.node = 1, .patience = std::chrono::minutes(1), .holds = FirstHolds()}, lease,
                    clock_);
  ASSERT_OK(cluster.ListNodes());
  EXPECT_EQ(asked_, 2);
}

TEST_F(PgConfirmTest, ARoundOfANodeConfirms) {
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(address_, {.node = 1, .patience = std::chrono::minutes(1)}, lease, clock_);
  ASSERT_OK(cluster.Renew());
  EXPECT_NE(Stays(*first_), Stays(*second_));
}

}  // namespace
}  // namespace rtcroom
