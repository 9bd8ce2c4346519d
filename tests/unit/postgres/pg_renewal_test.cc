// A node that renews its lease and reports its heartbeats, on a database that is slow.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/logger.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/node_renewal.h"
#include "storage/postgres/pg_beats.h"
#include "storage/postgres/pg_cluster.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/postgres_stores.h"
#include "tests/support/rooms.h"
#include "tests/support/slow_database.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMembers = 2 * PgBeats::kMostInPiece + 1;

class PgRenewalTest : public PostgresTest {
 protected:
  PgRenewalTest() : PostgresTest(UrlOfEmptiedStore()) {
    for (std::uint64_t i = 1; i <= kMembers; ++i) {
      Room room = MakeRoom(RoomKind::kMulti, std::to_string(i));
      room.sequence = i;
      room.pushers = {{.user_id = {"host"}, .seat = 1}};
      leases_.Restore(room);
    }
  }

  void BeatAll() {
    for (std::uint64_t i = 1; i <= kMembers; ++i) {
      (void)leases_.Touch(MakeKey(RoomKind::kMulti, std::to_string(i)), std::nullopt, {"host"});
    }
  }
  /// When the lease has ended, unless something is on its way that an earlier round has given up.
  Status Renew() {
    if (is_answered_) boot_.Advance(NodeLease::kTtl);
    const Status renewed = renewal_.Renew();
    is_answered_ = renewed.ok();
    return renewed;
  }
  void OnStatement(std::string_view name) {
    if (name != kPgPutBeats.name) return;
    ++pieces_;
    if (lease_.IsCutOff()) ++pieces_without_lease_;
    EXPECT_TRUE(Eventually([&] { return !holds_pieces_; }));
  }

  bool is_answered_ = true;
  FakeBootClock boot_;
  NodeLease lease_{boot_};
  LeaseTable leases_{clock_, 20s};
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  std::atomic<std::size_t> pieces_ = 0;
  std::atomic<std::size_t> pieces_without_lease_ = 0;
  std::atomic<bool> holds_pieces_ = false;
  SlowDatabase slow_{SharedPostgres().port(), 5ms,
                     [this](std::string_view name) { OnStatement(name); }};
  PgCluster cluster_{*PgAddress::Parse(WithHosts(url_, fmt::format("127.0.0.1:{}", slow_.port()))),
                     {.node = 1, .name = "node1", .patience = 2s},
                     lease_,
                     clock_};
  NodeRenewal renewal_{cluster_, lease_, leases_, logger_};
};

TEST_F(PgRenewalTest, RenewsTheLeaseBeforeItReportsAndLeavesNothingRunning) {
  constexpr const char* kRunning =
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'rtcroomd' AND state <> 'idle'"
      " AND pid <> pg_backend_pid()";
  const auto renews = [&] { return Renew().ok(); };
  BeatAll();
  EXPECT_TRUE(Eventually(renews));
  EXPECT_EQ(CountRows("SELECT 1 FROM beats"), kMembers);
  EXPECT_GE(pieces_, 3U);

  // The sequence counts what was begun, whatever becomes of it.
  Execute("CREATE SEQUENCE begun");
  Execute(
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM nextval(''begun''); PERFORM pg_sleep(3600); RETURN NULL; END'");
  Execute("CREATE TRIGGER slow BEFORE INSERT ON beats EXECUTE FUNCTION slow()");
  const std::size_t before = pieces_;
  holds_pieces_ = true;
  BeatAll();
  EXPECT_TRUE(Eventually([&] { return !Renew() && pieces_ > before; }));
  EXPECT_FALSE(lease_.IsCutOff());
  holds_pieces_ = false;  // the server gets what the node has given up
  EXPECT_TRUE(Eventually([&] { return Number("SELECT 1 FROM begun WHERE is_called") == 1; }));
  EXPECT_TRUE(Eventually([&] { return CountRows(kRunning) == 0; }));

  Execute("DROP TRIGGER slow ON beats");
  EXPECT_TRUE(Eventually(renews));
  EXPECT_EQ(pieces_without_lease_, 0U);
}

}  // namespace
}  // namespace rtcroom
