// A primary and its standby.
#include <array>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

constexpr auto kStandbyStatements = std::to_array<PgStatement>({kInsert, kMyProcess});

class PgStandbyTest : public PostgresTest {
 protected:
  PgStandbyTest() { primary_.Execute("CREATE TABLE seats (seat int)"); }

  PostgresServer primary_;
};

TEST_F(PgStandbyTest, IsRefusedUntilItIsPromoted) {
  const auto standby = primary_.MakeStandby(PostgresServer::Standby::kAsynchronous);
  const auto alone = Make(standby->Url());
  const Status refused = ConnectToPostgres(*alone, Soon());
  EXPECT_ERROR(kStoreBusy, refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("server is in hot standby mode"));

  const auto both = MakeConnected(UrlOf(*standby, primary_), {.statements = kStandbyStatements});
  EXPECT_EQ(both->PeerName(), fmt::format("127.0.0.1:{}", primary_.port()));

  primary_.Crash();
  standby->Promote();
  EXPECT_ERROR(kStoreBusy, both->Run(PgCall(kInsert, 1), Soon()));
  ASSERT_OK(ConnectToPostgres(*both, Soon()));
  EXPECT_EQ(both->PeerName(), fmt::format("127.0.0.1:{}", standby->port()));
  EXPECT_OK(both->Run(PgCall(kInsert, 1), Soon()));
}

// The server answers COMMIT with a warning then, as if the standby had the change.
TEST_F(PgStandbyTest, ACommitWhoseWaitIsCancelledIsUnknown) {
  const auto standby = primary_.MakeStandby(PostgresServer::Standby::kSynchronous);
  const auto connection = MakeConnected(primary_.Url(), {.statements = kStandbyStatements});
  ASSERT_OK(connection->Run(PgCall(kInsert, 1), Soon()));
  Result<PgRows> process = connection->Run(PgCall(kMyProcess), Soon());
  ASSERT_OK(process);
  ASSERT_TRUE(process->Next());
  const auto waiting = fmt::format(
      "FROM pg_stat_activity WHERE pid = {} AND wait_event = 'SyncRep'", process->Integer(0));
  standby->Freeze();
  const std::jthread canceller([&] {
    EXPECT_TRUE(Eventually(
        [&] { return primary_.Query("SELECT pg_cancel_backend(pid) " + waiting).size() == 1; }));
  });
  EXPECT_ERROR(kStoreBusy, connection->Run(PgCall(kInsert, 2), Soon()));
  EXPECT_EQ(MeaningOf(*connection), PgMeaning::kLost);
  EXPECT_FALSE(connection->connected());
  EXPECT_EQ(primary_.Query("SELECT 1 FROM seats").size(), 2u);
}

}  // namespace
}  // namespace rtcroom
