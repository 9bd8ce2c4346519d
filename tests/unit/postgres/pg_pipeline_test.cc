// Pipelines: what they do as a whole, and what their errors mean.
#include <array>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr PgStatement kCount{"count", "SELECT count(*) FROM seats"};
constexpr PgStatement kRequire{"require", "SELECT 1 / count(*) FROM seats WHERE seat = $1"};
constexpr PgStatement kReadOnly{"read_only", "SET TRANSACTION READ ONLY"};
constexpr auto kPipelineStatements =
    std::to_array<PgStatement>({kInsert, kCount, kRequire, kReadOnly, kEcho, kEndMe, kMyProcess});

class PgPipelineTest : public PostgresTest {
 protected:
  PgPipelineTest() {
    Execute("CREATE TABLE seats (seat int UNIQUE DEFERRABLE INITIALLY IMMEDIATE)");
    connection_ = MakeConnected(kPipelineStatements);
  }

  Result<std::vector<PgRows>> Run(const std::vector<PgCall>& calls) {
    return connection_->Run(calls, Soon());
  }

  std::int64_t Seats() {
    Result<PgRows> rows = connection_->Run(PgCall(kCount), Soon());
    if (!rows || !rows->Next()) return -1;
    return rows->Integer(0);
  }

  std::unique_ptr<PgConnection> connection_;
};

TEST_F(PgPipelineTest, ReturnsAResultForEachStatement) {
  Result<std::vector<PgRows>> results =
      Run({PgCall(kPgBegin), PgCall(kInsert, 1), PgCall(kInsert, 2), PgCall(kCount),
           PgCall(kPgCommit)});
  ASSERT_OK(results);
  ASSERT_EQ(results->size(), 5u);
  ASSERT_TRUE((*results)[3].Next());
  EXPECT_EQ((*results)[3].Integer(0), 2);
  EXPECT_FALSE((*results)[4].Next());
  EXPECT_OK((*results)[4].status());
}

TEST_F(PgPipelineTest, AnErrorTakesTheWholeTransactionWithIt) {
  const auto results = Run({PgCall(kPgBegin), PgCall(kInsert, 1), PgCall(kRequire, 7),
                            PgCall(kInsert, 2), PgCall(kPgCommit)});
  EXPECT_ERROR(kStoreBusy, results);
  EXPECT_EQ(results.error().detail, "statement require: division by zero (SQLSTATE 22012)");
  EXPECT_EQ(MeaningOf(*connection_), PgMeaning::kConflict);
  EXPECT_EQ(connection_->failure().sqlstate, "22012");
  EXPECT_EQ(Seats(), 0);
}

TEST_F(PgPipelineTest, WithoutBeginItIsOneTransaction) {
  EXPECT_ERROR(kStoreBusy, Run({PgCall(kInsert, 1), PgCall(kRequire, 7)}));
  EXPECT_EQ(Seats(), 0);
}

TEST_F(PgPipelineTest, ATransactionMayGoOnInTheNextPipeline) {
  ASSERT_OK(Run({PgCall(kPgBegin), PgCall(kInsert, 1)}));
  EXPECT_EQ(CountRows("SELECT 1 FROM seats"), 0u);
  ASSERT_OK(Run({PgCall(kInsert, 2), PgCall(kPgCommit)}));
  EXPECT_EQ(CountRows("SELECT 1 FROM seats"), 2u);
}

TEST_F(PgPipelineTest, AnErrorEndsATransactionThatBeganEarlier) {
  ASSERT_OK(Run({PgCall(kPgBegin), PgCall(kInsert, 1)}));
  EXPECT_ERROR(kStoreBusy, Run({PgCall(kRequire, 7), PgCall(kPgCommit)}));
  EXPECT_EQ(Seats(), 0);

  ASSERT_OK(Run({PgCall(kPgBegin), PgCall(kInsert, 1)}));
  EXPECT_ERROR(kStoreBroken, Run({PgCall(kInsert, "not even sent"), PgCall(kPgCommit)}));
  EXPECT_EQ(Seats(), 0);
}

TEST_F(PgPipelineTest, TheCommitItselfMayFail) {
  const PgStatement later{"later", "SET CONSTRAINTS ALL DEFERRED"};
  const auto statements = std::to_array<PgStatement>({later, kInsert, kCount});
  connection_ = MakeConnected(statements);
  EXPECT_ERROR(kStoreBusy, Run({PgCall(kPgBegin), PgCall(later), PgCall(kInsert, 1),
                                PgCall(kInsert, 1), PgCall(kPgCommit)}));
  EXPECT_EQ(connection_->failure().sqlstate, "23505");
  EXPECT_EQ(MeaningOf(*connection_), PgMeaning::kConflict);
  EXPECT_EQ(Seats(), 0);
}

TEST_F(PgPipelineTest, ErrorsDoNotQuoteValues) {
  ASSERT_OK(Run({PgCall(kInsert, 4711)}));
  const auto again = Run({PgCall(kInsert, 4711)});
  EXPECT_ERROR(kStoreBusy, again);
  EXPECT_THAT(again.error().detail, Not(HasSubstr("4711")));
}

// Neither side may wait for the other to read.
TEST_F(PgPipelineTest, MayBeLongerThanAllBuffers) {
  Result<std::vector<PgRows>> results = Run(LongPipeline());
  ASSERT_OK(results);
  for (PgRows& rows : *results) {
    ASSERT_TRUE(rows.Next());
    EXPECT_EQ(rows.Bytes(0).size(), kEchoedBytes);
  }
}

TEST_F(PgPipelineTest, AHostThatBecameReadOnlyIsLeft) {
  EXPECT_ERROR(kStoreBusy, Run({PgCall(kPgBegin), PgCall(kReadOnly), PgCall(kInsert, 1)}));
  EXPECT_EQ(connection_->failure().sqlstate, "25006");
  EXPECT_EQ(MeaningOf(*connection_), PgMeaning::kBusy);
  EXPECT_FALSE(connection_->connected());
}

TEST_F(PgPipelineTest, AConnectionThatEndsMeanwhileLeavesTheOutcomeUnknown) {
  const auto results = Run({PgCall(kInsert, 1), PgCall(kEndMe)});
  EXPECT_ERROR(kStoreBusy, results);
  EXPECT_EQ(MeaningOf(*connection_), PgMeaning::kLost);
  EXPECT_EQ(connection_->failure().sqlstate, "57P01");
  EXPECT_FALSE(connection_->connected());
  ASSERT_OK(ConnectToPostgres(*connection_, Soon()));
  EXPECT_EQ(Seats(), 0);
}

TEST_F(PgPipelineTest, NothingIsSentOnAConnectionThatHasEnded) {
  Result<PgRows> process = connection_->Run(PgCall(kMyProcess), Soon());
  ASSERT_OK(process);
  ASSERT_TRUE(process->Next());
  SharedPostgres().EndConnections(fmt::format("pid = {}", process->Integer(0)));
  EXPECT_ERROR(kStoreBusy, Run({PgCall(kInsert, 1)}));
  EXPECT_EQ(MeaningOf(*connection_), PgMeaning::kBusy);
  EXPECT_FALSE(connection_->connected());
}

TEST_F(PgPipelineTest, NothingIsSentWithoutAConnectionOrTime) {
  EXPECT_ERROR(kStoreBusy, connection_->Run(PgCall(kInsert, 1), clock_.Monotonic()));
  EXPECT_TRUE(connection_->connected());
  connection_->Close();
  EXPECT_ERROR(kStoreBusy, Run({PgCall(kInsert, 1)}));
  EXPECT_EQ(MeaningOf(*connection_), PgMeaning::kBusy);
}

TEST_F(PgPipelineTest, AStatementWithoutANameIsPreparedForOneCall) {
  const PgStatement add{.sql = "SELECT $1 + 1"};
  Result<std::vector<PgRows>> results = Run(
      {PgCall(kPgBegin), PgCall(add, 41), PgCall(add, 1), PgCall(kInsert, 1), PgCall(kPgCommit)});
  ASSERT_OK(results);
  ASSERT_TRUE((*results)[1].Next());
  EXPECT_EQ((*results)[1].Integer(0), 42);
  const auto failed = Run({PgCall(PgStatement{.sql = "SELECT nothing\nFROM seats"})});
  EXPECT_ERROR(kStoreBroken, failed);
  EXPECT_EQ(failed.error().detail,
            "statement SELECT nothing: column \"nothing\" does not exist (SQLSTATE 42703)");
}

struct ErrorCase {
  std::string_view sqlstate;
  PgMeaning meaning;
  Errc code;
  bool stays_connected;
};
std::ostream& operator<<(std::ostream& out, const ErrorCase& error) {
  return out << error.sqlstate;
}

class PgErrorTest : public PostgresTest, public testing::WithParamInterface<ErrorCase> {};

TEST_P(PgErrorTest, SaysWhatTheCallerCanDo) {
  const ErrorCase& error = GetParam();
  const std::string sql = fmt::format(
      "DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '{}'; END $$", error.sqlstate);
  const PgStatement raise{"raise", sql.c_str()};
  const auto connection = MakeConnected(std::span(&raise, 1));
  const auto outcome = connection->Run(PgCall(raise), Soon());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, error.code);
  EXPECT_EQ(connection->failure().sqlstate, error.sqlstate);
  EXPECT_EQ(MeaningOf(*connection), error.meaning);
  EXPECT_EQ(connection->connected(), error.stays_connected);
  if (!error.stays_connected) return;
  EXPECT_OK(connection->Run(PgCall(kPgRollback), Soon()));
}

INSTANTIATE_TEST_SUITE_P(
    Sqlstate, PgErrorTest,
    testing::Values(ErrorCase{"22012", PgMeaning::kConflict, Errc::kStoreBusy, true},
                    ErrorCase{"23505", PgMeaning::kConflict, Errc::kStoreBusy, true},
                    ErrorCase{"40001", PgMeaning::kConflict, Errc::kStoreBusy, true},
                    ErrorCase{"40P01", PgMeaning::kConflict, Errc::kStoreBusy, true},
                    ErrorCase{"55P03", PgMeaning::kBusy, Errc::kStoreBusy, true},
                    ErrorCase{"25006", PgMeaning::kBusy, Errc::kStoreBusy, false},
                    ErrorCase{"0A000", PgMeaning::kBusy, Errc::kStoreBusy, false},
                    ErrorCase{"26000", PgMeaning::kBusy, Errc::kStoreBusy, false},
                    ErrorCase{"53100", PgMeaning::kBusy, Errc::kStoreBusy, true},
                    ErrorCase{"57014", PgMeaning::kBroken, Errc::kStoreBroken, true},
                    ErrorCase{"57P01", PgMeaning::kLost, Errc::kStoreBusy, false},
                    ErrorCase{"57P02", PgMeaning::kLost, Errc::kStoreBusy, false},
                    ErrorCase{"57P03", PgMeaning::kLost, Errc::kStoreBusy, false},
                    ErrorCase{"08006", PgMeaning::kLost, Errc::kStoreBusy, false}),
    [](const auto& param_info) { return std::string(param_info.param.sqlstate); });

}  // namespace
}  // namespace rtcroom
