// The schema: how it is created and brought up to date.
#include <array>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "storage/postgres/schema_version.h"
#include "tests/support/in_parallel.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kEpoch[] = "00c0ffee00c0ffee";
constexpr char kOtherEpoch[] = "0123456789abcdef";
constexpr PgSettings kPlain{.planning = PgSettings::Planning::kServerDefaults};

class PgSchemaTest : public PostgresTest {
 protected:
  Result<PgMigration> Migrate(std::span<const std::string_view> steps,
                              const std::string& epoch = kEpoch) {
    return MigratePgSchema(*MakeConnected(url_, kPlain), epoch, Soon(), steps);
  }
  Result<PgMigration> Migrate() { return Migrate(PgSchemaSteps()); }

  std::string Text(const std::string& sql) {
    PgRows rows = QueryPostgres(url_, sql);
    return rows.Next() ? rows.Text(0) : "";
  }
  std::string Versions() {
    return Text("SELECT schema_version || ' ' || least_version || ' ' || epoch FROM meta");
  }
};

constexpr std::string_view kFirst =
    "-- With a comment; and a semicolon.\n"
    "CREATE TABLE meta (epoch text, schema_version integer, least_version integer);\n\n"
    "CREATE TABLE turn (number integer);\n"
    "CREATE TABLE things (name text);\n";
constexpr std::string_view kSecond = "INSERT INTO things VALUES ('a; b');\n";
constexpr std::string_view kBreaking = "UPDATE meta SET least_version = 3;\n";
constexpr auto kThreeSteps = std::to_array<std::string_view>({kFirst, kSecond, kBreaking});

TEST_F(PgSchemaTest, CreatesItOnceWithTheEpoch) {
  ASSERT_OK(Migrate());
  EXPECT_EQ(Versions(), std::string("9 1 ") + kEpoch);
  ASSERT_OK(Migrate(PgSchemaSteps(), kOtherEpoch));
  EXPECT_EQ(Versions(), std::string("9 1 ") + kEpoch);
  EXPECT_EQ(CountRows("SELECT 1 FROM turn"), 1u);
}

TEST_F(PgSchemaTest, NeedsAnEpochOf16Digits) { EXPECT_ERROR(kInternal, Migrate(kThreeSteps, "")); }

TEST_F(PgSchemaTest, RunsTheStepsThatAreMissing) {
  const auto created = Migrate(std::span(kThreeSteps).first(1));
  ASSERT_OK(created);
  EXPECT_EQ(created->from, 0);
  EXPECT_EQ(created->to, 1);
  EXPECT_EQ(Versions(), std::string("1 1 ") + kEpoch);
  const auto migrated = Migrate(kThreeSteps);
  ASSERT_OK(migrated);
  EXPECT_EQ(migrated->from, 1);
  EXPECT_EQ(migrated->to, 3);
  EXPECT_EQ(Versions(), std::string("3 3 ") + kEpoch);
}

TEST_F(PgSchemaTest, AFailedStepLeavesNothing) {
  const auto steps = std::to_array<std::string_view>(
      {kFirst, "INSERT INTO things VALUES ('b');\nINSERT INTO nothing VALUES (1);\n"});
  const auto failed = Migrate(steps);
  EXPECT_ERROR(kStoreBroken, failed);
  EXPECT_THAT(failed.error().detail, HasSubstr("relation \"nothing\" does not exist"));
  EXPECT_EQ(Versions(), std::string("1 1 ") + kEpoch);
  EXPECT_EQ(CountRows("SELECT 1 FROM things"), 0u);
}

TEST_F(PgSchemaTest, ReportsATableOfAnotherProgram) {
  Execute("CREATE TABLE rooms (id int)");
  const auto failed = Migrate();
  EXPECT_ERROR(kStoreBroken, failed);
  EXPECT_THAT(failed.error().detail, HasSubstr("relation \"rooms\" already exists"));
}

TEST_F(PgSchemaTest, RunsEachStepOnceWhenSeveralNodesStart) {
  constexpr int kNodes = 8;
  InParallel(kNodes, [&](int) { EXPECT_OK(Migrate(kThreeSteps)); });
  EXPECT_EQ(Versions(), std::string("3 3 ") + kEpoch);
  EXPECT_EQ(CountRows("SELECT 1 FROM things"), 1u);
}

TEST_F(PgSchemaTest, TakesANewerSchemaThatAllowsIt) {
  ASSERT_OK(Migrate(std::span(kThreeSteps).first(2)));
  EXPECT_OK(Migrate(std::span(kThreeSteps).first(1)));
}

TEST_F(PgSchemaTest, RefusesANewerSchemaThatDoesNot) {
  ASSERT_OK(Migrate(kThreeSteps));
  const auto refused = Migrate(std::span(kThreeSteps).first(2));
  EXPECT_ERROR(kStoreBroken, refused);
  EXPECT_EQ(refused.error().detail,
            "the database needs a newer rtcroomd: one that knows schema 3 or later (it has schema "
            "3; this program knows 2)");
}

// An account that may only read and write rows can serve.
TEST_F(PgSchemaTest, OnlyReadsWhatIsUpToDate) {
  ASSERT_OK(Migrate());
  const auto connection = MakeConnected(url_, kPlain);
  ASSERT_OK(connection->Run(PgCall(PgStatement{.sql = "SET default_transaction_read_only = on"}),
                            Soon()));
  EXPECT_OK(MigratePgSchema(*connection, kEpoch, Soon()));
}

TEST_F(PgSchemaTest, NamesTheCommandForTheOwnerWhereTheAccountMayNotMigrate) {
  const Secret url = UrlOfWriter(url_);
  const auto migrate = [&](std::span<const std::string_view> steps) {
    return MigratePgSchema(*MakeConnected(url, kPlain), kEpoch, Soon(), steps);
  };
  const auto created = migrate(kThreeSteps);
  ASSERT_FALSE(created);
  EXPECT_ERROR(kStoreBroken, created);
  EXPECT_THAT(created.error().detail,
              AllOf(StartsWith("its schema has version 0, and this account may not bring it up to"
                               " date: the owner does, by `rtcroomd migrate-store` ("),
                    HasSubstr("permission denied")));

  ASSERT_OK(Migrate(std::span(kThreeSteps).first(1)));
  GrantToWriters(url_);
  const auto altering =
      std::to_array<std::string_view>({kFirst, "ALTER TABLE things ADD COLUMN kind text;\n"});
  const auto migrated = migrate(altering);
  ASSERT_FALSE(migrated);
  EXPECT_ERROR(kStoreBroken, migrated);
  EXPECT_THAT(migrated.error().detail, StartsWith("its schema has version 1, and"));
}

TEST_F(PgSchemaTest, WaitsNoLongerThanTheDeadlineForAnotherNode) {
  ASSERT_OK(Migrate(std::span(kThreeSteps).first(1)));
  const auto other = MakeConnected(url_, kPlain);
  ASSERT_OK(other->Run(std::array{PgCall(kPgBegin), PgCall(PgStatement{.sql = "LOCK TABLE meta"})},
                       Soon()));
  const auto connection = MakeConnected(url_, kPlain);
  EXPECT_FALSE(MigratePgSchema(*connection, kEpoch, InVain(), kThreeSteps));
  ASSERT_OK(other->Run(PgCall(kPgRollback), Soon()));
  EXPECT_OK(Migrate(kThreeSteps));
}

TEST_F(PgSchemaTest, ReportsAnEmptyMeta) {
  ASSERT_OK(Migrate());
  Execute("DELETE FROM meta");
  const auto empty = Migrate();
  EXPECT_ERROR(kStoreBroken, empty);
  EXPECT_EQ(empty.error().detail, "its table meta is empty");
}

}  // namespace
}  // namespace rtcroom
