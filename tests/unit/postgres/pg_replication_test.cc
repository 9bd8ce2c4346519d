#include "storage/postgres/pg_replication.h"

#include <optional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_admin.h"
#include "storage/postgres/pg_check.h"
#include "storage/postgres/pg_import.h"
#include "tests/support/cutting_proxy.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class PgReplicationTest : public PostgresTest {
 protected:
  static PgReplication Make(const Secret& url, const Clock& clock) {
    const Result<PgAddress> address = PgAddress::Parse(url);
    if (!address) throw std::runtime_error(address.error().detail);
    return PgReplication(*address, clock);
  }
};

TEST_F(PgReplicationTest, SeesTheStandbyComeAndGoAndBecomeASecondPrimary) {
  PostgresServer primary;
  const auto standby = primary.MakeStandby(PostgresServer::Standby::kSynchronous);
  primary.Execute(fmt::format("CREATE ROLE plain LOGIN PASSWORD '{}'", kPostgresPassword));
  std::string plain = UrlOf(primary, *standby).Reveal();
  plain.replace(plain.find("postgres:"), 8, "plain");
  PgReplication replication = Make(UrlOf(primary, *standby), still_);
  PgReplication of_plain = Make(Secret(plain), still_);
  for (PgReplication* const asked : {&replication, &of_plain}) {
    StoreReplication seen;
    EXPECT_TRUE(Eventually([&] { return !(seen = asked->Ask({})).primaries.empty(); }));
    ASSERT_THAT(seen.primaries, SizeIs(1));
    EXPECT_EQ(seen.primaries.front().host, fmt::format("127.0.0.1:{}", primary.port()));
    EXPECT_EQ(seen.primaries.front().timeline, 1U);
    EXPECT_EQ(seen.standbys, 1U);
    EXPECT_EQ(seen.wait, StandbyWait::kNone);
  }

  standby->Stop();
  for (PgReplication* const asked : {&replication, &of_plain}) {
    EXPECT_TRUE(Eventually([&] { return asked->Ask({}).wait == StandbyWait::kAbsent; }));
    EXPECT_EQ(asked->Ask({}).standbys, 0U);
  }
  standby->Start();
  EXPECT_TRUE(Eventually([&] { return replication.Ask({}).wait == StandbyWait::kNone; }));

  standby->Promote();
  StoreReplication seen;
  EXPECT_TRUE(Eventually([&] { return (seen = replication.Ask({})).primaries.size() == 2; }));
  EXPECT_EQ(seen.primaries.front().host, fmt::format("127.0.0.1:{}", standby->port()));
  EXPECT_EQ(seen.primaries.front().timeline, 2U);
  EXPECT_EQ(seen.primaries.back().timeline, 1U);
}

TEST_F(PgReplicationTest, CommandsRefuseTwoPrimaries) {
  PostgresServer primary;
  const auto standby = primary.MakeStandby(PostgresServer::Standby::kAsynchronous);
  const SystemClock clock;
  const PgAddress both = *PgAddress::Parse(UrlOf(primary, *standby));
  ASSERT_OK(MigratePgStore(both, "00c0ffee00c0ffee", clock));
  standby->Promote();
  ASSERT_TRUE(Eventually([&] { return PgReplication(both, clock).Ask({}).primaries.size() == 2; }));
  const auto detail_of = [](const auto& outcome) {
    return outcome.ok() ? std::string() : outcome.error().detail;
  };
  for (const std::string& detail :
       {detail_of(MigratePgStore(both, "00c0ffee00c0ffee", clock)),
        detail_of(ChangePgEpoch(both, "00c0ffee00c0ffee", RegisteredNodes::kIgnored, clock)),
        detail_of(CheckPgStore(both, std::nullopt, clock)),
        detail_of(PgImport(both, clock).Begin())}) {
    EXPECT_THAT(detail, AllOf(HasSubstr(fmt::format(":{} (timeline 2)", standby->port())),
                              HasSubstr(fmt::format(":{} (timeline 1)", primary.port()))));
  }
}

TEST_F(PgReplicationTest, TakesOneServerOfTwoNamesForOne) {
  const CuttingProxy other(SharedPostgres().port());
  PgReplication replication = Make(
      WithHosts(url_,
                fmt::format("127.0.0.1:{},127.0.0.1:{}", SharedPostgres().port(), other.port())),
      still_);
  EXPECT_THAT(replication.Ask({}).primaries, SizeIs(1));
}

}  // namespace
}  // namespace rtcroom
